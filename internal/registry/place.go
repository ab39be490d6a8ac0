package registry

import "time"

// Meta is what the registry itself knows of an object. Callers give back the
// Version that they read.
type Meta struct {
	Version   int64     `json:"version" db:"version" zh:"版本" edit:"no"` // 1 when new; one more with each change
	CreatedAt time.Time `json:"created_at" db:"created_at" zh:"建立时间" edit:"no"`
	UpdatedAt time.Time `json:"updated_at" db:"updated_at" zh:"修改时间" edit:"no"`
	Retired   bool      `json:"retired" db:"retired" zh:"已停用" edit:"no"` // of no use any more, and kept for its history
}

// Date is a calendar day, "2006-01-02"; empty when unknown.
type Date string

// Region is a part of the company.
type Region struct {
	ID   string `json:"id" db:"id" zh:"区域编号" edit:"no"` // the segment of the topic
	Name string `json:"name" db:"name" zh:"名称"`
	Meta
}

// Project is one estate.
type Project struct {
	Region      string  `json:"region" db:"region" zh:"区域" edit:"no"`
	ID          string  `json:"id" db:"id" zh:"项目编号" edit:"no"`
	Name        string  `json:"name" db:"name" zh:"名称"`
	TimeZone    string  `json:"time_zone" db:"time_zone" zh:"时区"`              // IANA; Asia/Shanghai when empty
	Calendar    string  `json:"calendar" db:"calendar" zh:"日历"`                // name of a calendar of holidays; "cn" when empty
	Tariff      string  `json:"tariff" db:"tariff" zh:"电价"`                    // name of a tariff
	FloorAreaM2 float64 `json:"floor_area_m2" db:"floor_area_m2" zh:"建筑面积（㎡）"` // 0 when unknown
	Households  int     `json:"households" db:"households" zh:"户数"`            // 0 when unknown
	OccupiedOn  Date    `json:"occupied_on" db:"occupied_on" zh:"入住日期"`        // first occupancy
	Address     string  `json:"address" db:"address" zh:"地址"`

	// TransformerKVA is how large the transformers are that the supplier charges for; 0
	// when unknown.
	TransformerKVA float64 `json:"transformer_kva" db:"transformer_kva" zh:"变压器容量（kVA）"`
	Meta
}

// Building is a building of a project.
type Building struct {
	Region      string  `json:"region" db:"region" zh:"区域" edit:"no"`
	Project     string  `json:"project" db:"project" zh:"项目" edit:"no"`
	ID          string  `json:"id" db:"id" zh:"楼栋编号" edit:"no"`
	Name        string  `json:"name" db:"name" zh:"名称"`
	Floors      int     `json:"floors" db:"floors" zh:"层数"`                    // 0 when unknown
	FloorAreaM2 float64 `json:"floor_area_m2" db:"floor_area_m2" zh:"建筑面积（㎡）"` // 0 when unknown
	Households  int     `json:"households" db:"households" zh:"户数"`
	CompletedOn Date    `json:"completed_on" db:"completed_on" zh:"竣工日期"`
	Meta
}
