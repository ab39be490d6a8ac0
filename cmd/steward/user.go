package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/registry"
)

func newUser() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "People who may sign in: add, list, reset a password, disable",
		Long: `Works on the registry itself, whether steward serve runs or not. The first
administrator is made here:

    steward user add --login admin --role administrator

Everybody else can be added by a manager on the page or by the API.`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newUserAdd(), newUserList(), newUserReset(), newUserDisable())
	return cmd
}

// operator is who acts when a command is run: whoever may read the files.
var operator = authz.SystemPrincipal("command line")

// withControl runs do on the control data that the configuration names.
func withControl(cmd *cobra.Command, flags *configFlags, do func(c *app.Control) error) (err error) {
	cfg, err := flags.loadRunning()
	if err != nil {
		return err
	}
	logger, err := cfg.Logger(cmd.ErrOrStderr())
	if err != nil {
		return usageError{err}
	}
	c, err := app.OpenControl(cmd.Context(), cfg, logger, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return do(c)
}

func newUserAdd() *cobra.Command {
	var flags configFlags
	var p identity.Person
	var role, place string
	var fromInput, asJSON bool
	cmd := &cobra.Command{
		Use:   "add --login NAME --role ROLE [--at PLACE]",
		Short: "Add a person; prints a password that has to be changed at the first sign-in",
		Example: `  steward user add --login admin --role administrator
  steward user add --login li.wei --name 李伟 --role engineer --at north/harbour
  printf %s "$PASSWORD" | steward user add --login ops --role operator --at north --password-stdin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			grant, err := parseGrant(role, place)
			if err != nil {
				return usageError{err}
			}
			p.Grants = []authz.Grant{grant}
			password := ""
			if fromInput {
				if password, err = readLine(cmd.InOrStdin()); err != nil {
					return err
				}
			}
			return withControl(cmd, &flags, func(c *app.Control) error {
				made, once, err := c.Identity.As(operator).CreatePerson(cmd.Context(), p, password)
				if errors.Is(err, registry.ErrExists) {
					return fmt.Errorf("a person with the login %q exists already: choose another --login, or give a new password with steward user reset", p.Login)
				}
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
						ID       string `json:"id"`
						Login    string `json:"login"`
						Password string `json:"password,omitempty"`
					}{made.ID, made.Login, once})
				}
				if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s is %s at %s.\n", made.Login, grant.Role, grant.Place); err != nil {
					return err
				}
				return tellPassword(cmd, once)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&p.Login, "login", "", "`NAME` to sign in with")
	cmd.Flags().StringVar(&p.Name, "name", "", "the person's `NAME` as others read it")
	cmd.Flags().StringVar(&p.Email, "email", "", "mail `ADDRESS`")
	cmd.Flags().StringVar(&role, "role", "", "viewer, operator, engineer, manager or administrator")
	cmd.Flags().StringVar(&place, "at", "hq", "where: hq, `REGION` or REGION/PROJECT")
	cmd.Flags().BoolVar(&fromInput, "password-stdin", false, "read the password from standard input instead of making one")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	_ = cmd.MarkFlagRequired("login") // the flag exists
	_ = cmd.MarkFlagRequired("role")
	return cmd
}

// tellPassword prints a password that was made: the words for people, the secret
// alone as data.
func tellPassword(cmd *cobra.Command, password string) error {
	if password == "" {
		return nil
	}
	if _, err := fmt.Fprintln(cmd.ErrOrStderr(), "The password, shown this once; it has to be changed at the first sign-in:"); err != nil {
		return err
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), password)
	return err
}

func parseGrant(role, place string) (g authz.Grant, err error) {
	if g.Role, err = authz.ParseRole(role); err != nil {
		return g, fmt.Errorf("--role: %w", err)
	}
	if g.Place, err = authz.ParsePlace(place); err != nil {
		return g, fmt.Errorf("--at: %w", err)
	}
	return g, nil
}

// readLine reads a secret that is piped in, with or without a line end.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("read the password: standard input is empty")
	}
	return line, nil
}

func newUserList() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the people",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withControl(cmd, &flags, func(c *app.Control) error {
				people, err := allPeople(cmd, c)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(people)
				}
				return printPeople(cmd.OutOrStdout(), people)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

func allPeople(cmd *cobra.Command, c *app.Control) ([]identity.Person, error) {
	people := []identity.Person{}
	page := registry.Page{Limit: 1000}
	for {
		list, err := c.Identity.As(operator).People(cmd.Context(), identity.PersonFilter{}, page)
		if err != nil {
			return nil, err
		}
		people = append(people, list.Items...)
		if page.Cursor = list.Next; page.Cursor == "" {
			return people, nil
		}
	}
}

func printPeople(w io.Writer, people []identity.Person) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "LOGIN\tNAME\tROLES\tSTATE") // an error shows at Flush
	for _, p := range people {
		var roles []string
		for _, g := range p.Grants {
			roles = append(roles, string(g.Role)+"@"+g.Place.String())
		}
		state := "active"
		if p.Disabled {
			state = "disabled"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Login, p.Name, strings.Join(roles, " "), state)
	}
	return t.Flush()
}

// personCommand is a command on one person, named by the login.
func personCommand(use, short string, do func(cmd *cobra.Command, c *app.Control, p identity.Person) error) *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:   use + " LOGIN",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withControl(cmd, &flags, func(c *app.Control) error {
				people, err := allPeople(cmd, c)
				if err != nil {
					return err
				}
				for _, p := range people {
					if strings.EqualFold(p.Login, args[0]) {
						return do(cmd, c, p)
					}
				}
				return fmt.Errorf("nobody has the login %q: see steward user list", args[0])
			})
		},
	}
	flags.add(cmd)
	return cmd
}

func newUserReset() *cobra.Command {
	return personCommand("reset", "Give a person a new password, and end all sessions",
		func(cmd *cobra.Command, c *app.Control, p identity.Person) error {
			once, err := c.Identity.As(operator).ResetPassword(cmd.Context(), p.ID)
			if err != nil {
				return err
			}
			return tellPassword(cmd, once)
		})
}

func newUserDisable() *cobra.Command {
	return personCommand("disable", "Let a person sign in no more, and end all sessions",
		func(cmd *cobra.Command, c *app.Control, p identity.Person) error {
			if _, err := c.Identity.As(operator).DisablePerson(cmd.Context(), p.ID); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s is disabled.\n", p.Login)
			return err
		})
}
