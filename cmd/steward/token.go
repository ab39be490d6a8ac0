package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/identity"
)

func newToken() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Tokens of machines for the API, the websocket and MQTT",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTokenAdd())
	return cmd
}

func newTokenAdd() *cobra.Command {
	var flags configFlags
	var name, role, place string
	var days int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add --name NAME --role ROLE [--at PLACE]",
		Short: "Make a token; prints it once",
		Long: `A machine shows the token in a header: Authorization: Bearer stw_… At the
embedded broker it may read what it may see, with the user "token" and the token
as password. Only a hash of the token is kept.`,
		Example: `  steward token add --name grafana --role viewer
  steward token add --name harbour-bi --role viewer --at north/harbour --days 90`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			grant, err := parseGrant(role, place)
			if err != nil {
				return usageError{err}
			}
			if days < 1 || days > 3650 {
				return usageError{fmt.Errorf("--days %d is not 1 to 3650", days)}
			}
			token := identity.Token{Name: name, Grants: []authz.Grant{grant}, ExpiresAt: time.Now().AddDate(0, 0, days)}
			return withControl(cmd, &flags, func(c *app.Control) error {
				made, secret, err := c.Identity.As(operator).CreateToken(cmd.Context(), token)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
						ID        string    `json:"id"`
						ExpiresAt time.Time `json:"expires_at"`
						Token     string    `json:"token"`
					}{made.ID, made.ExpiresAt, secret})
				}
				if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s is %s at %s until %s; the token, shown this once:\n",
					made.Name, grant.Role, grant.Place, made.ExpiresAt.Format(time.DateOnly)); err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), secret)
				return err
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&name, "name", "", "what people call the machine")
	cmd.Flags().StringVar(&role, "role", "viewer", "viewer, operator, engineer, manager or administrator")
	cmd.Flags().StringVar(&place, "at", "hq", "where: hq, `REGION` or REGION/PROJECT")
	cmd.Flags().IntVar(&days, "days", 365, "for how many days it is good")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	_ = cmd.MarkFlagRequired("name") // the flag exists
	return cmd
}
