package pseudonym

// What counts as a field of identity. Names are compared without regard to
// case, to '-', '_' and blanks, and to digits at the end: card_no, cardNo and
// CARD-NO-2 are one. A name is here when its value names a person, or is a key
// to one in some other list: a card, a plate, a telephone, a picture. What says
// something about the gate and not about who passed is not: door, reader,
// direction, reason, kinds, scores and counts.
//
// Most names are a subject with an attribute: visitor_phone, plate_no, face_id.
var (
	// subjects that also stand alone: "owner": "…".
	subjects = []string{
		"card", "cardholder", "holder", "person", "personnel", "people", "user", "owner", "resident", "householder", "tenant",
		"visitor", "guest", "employee", "staff", "worker", "member", "student", "operator", "inspector", "driver", "courier",
		"face", "fingerprint", "finger", "palm", "iris", "plate", "licenseplate", "carplate", "numberplate",
		"credential", "badge", "fob", "keyfob", "iccard", "accesscard", "identity", "idcard", "passport", "certificate",
	}

	// subjects whose name alone means something else: the contact of a door, the
	// number of vehicles.
	dependentSubjects = []string{"contact", "vehicle", "car", "license", "job", "work", "id", "cert", "account", "login", "phone", "mobile", "tel", "qr"}

	attributes = []string{
		"id", "uid", "no", "nr", "num", "number", "code", "name", "fullname", "realname", "nickname",
		"phone", "phoneno", "phonenumber", "mobile", "tel", "telephone", "email", "idcard", "idno", "idnumber",
		"card", "cardno", "cardid", "cardnumber", "carduid", "plate", "photo", "image", "img", "picture", "pic", "url", "feature", "template",
	}

	// names that are neither.
	plainFields = []string{
		"name", "username", "nickname", "realname", "fullname", "firstname", "lastname", "surname", "givenname", "familyname",
		"phone", "mobile", "mobilephone", "tel", "telephone", "cellphone", "email", "mail", "wechat", "openid", "unionid",
		"photo", "picture", "image", "avatar", "snapshot", "portrait", "birthday", "birthdate", "dateofbirth", "homeaddress",
		"uid", "rfid", "epc", "nfc", "nfcid", "tagid", "qrcode", "qr", "barcode", "pin", "pincode", "password", "passwd", "passcode",
		"inspectorkey", "openedby", "unlockedby", "approvedby", "invitedby",
		"姓名", "名字", "人员", "人员姓名", "人员编号", "卡", "卡号", "卡片号", "卡片编号", "用户", "用户名", "用户姓名", "用户编号",
		"业主", "业主姓名", "住户", "住户姓名", "租户", "访客", "访客姓名", "员工", "员工姓名", "员工号", "员工编号", "工号", "持卡人",
		"巡检人", "检查人", "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系人", "身份证", "身份证号", "身份证号码", "证件号", "证件号码",
		"护照", "护照号", "车牌", "车牌号", "车牌号码", "人脸", "指纹", "照片", "图片", "抓拍", "邮箱", "微信", "微信号", "二维码", "密码",
		"xingming", "kahao", "shouji", "shoujihao", "shenfenzheng", "shenfenzhenghao", "chepai", "chepaihao",
	}
)

// notFields are combinations that the lists above would give and that are not
// of a person.
var notFields = []string{"idcode", "idurl", "workid", "jobid", "workcode", "jobcode", "phonecode", "telcode", "mobilecode"}

// maxField is the longest name that can be one of identity, in bytes.
const maxField = 48

func knownFields() map[string]struct{} {
	fields := make(map[string]struct{}, 2048)
	for _, name := range append(append([]string{}, subjects...), plainFields...) {
		fields[name] = struct{}{}
	}
	for _, subject := range append(append([]string{}, subjects...), dependentSubjects...) {
		for _, attribute := range attributes {
			fields[subject+attribute] = struct{}{}
		}
	}
	for _, name := range notFields {
		delete(fields, name)
	}
	return fields
}

// normalise writes the form of a name under which it is known to dst and gives
// its length: 0 for what is too long to be known.
func normalise(dst, name []byte) int {
	n := 0
	for _, c := range name {
		switch {
		case c == '-' || c == '_' || c == ' ':
			continue
		case n == len(dst):
			return 0
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		dst[n] = c
		n++
	}
	return n
}

// identifies reports whether a field of this name holds a person. The name is
// without quotes, and unescaped.
func (p *Pseudonymizer) identifies(name []byte) bool {
	var buf [maxField]byte
	n := normalise(buf[:], name)
	if _, ok := p.fields[string(buf[:n])]; ok {
		return true
	}
	whole := n
	for n > 0 && '0' <= buf[n-1] && buf[n-1] <= '9' {
		n--
	}
	if n == whole {
		return false
	}
	_, ok := p.fields[string(buf[:n])]
	return ok
}
