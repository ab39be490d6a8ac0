package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/identity"
	"steward/internal/telemetry"
)

func newMQTT() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mqtt",
		Short: "Credentials of devices and gateways at the broker",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMQTTAdd(), newMQTTACL())
	return cmd
}

func newMQTTAdd() *cobra.Command {
	var flags configFlags
	var name, device, project, note string
	var children []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add (--device PATH | --project PLACE [--children CLASS/ID,…]) [--name NAME]",
		Short: "Make a credential; prints its password",
		Long: `A credential of a device may publish under that device's topics alone; one of a
gateway under those of its children; one of a project under all of the project's.
None may read anything. Only a hash of the password is kept.

Names begin with the region and the project, with dots between, so that nobody
can take another's; without --name one is made of whose it is.`,
		Example: `  steward mqtt add --device north/harbour/meter/m-0017
  steward mqtt add --project north/harbour --name north.harbour.gw-b3 --children meter/m-1,meter/m-2
  steward mqtt add --project north/harbour`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			credential, err := parseCredential(name, device, project, children)
			if err != nil {
				return usageError{err}
			}
			credential.Note = note
			return withControl(cmd, &flags, func(c *app.Control) error {
				made, secret, err := c.Identity.As(operator).CreateCredential(cmd.Context(), credential)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
						User     string `json:"user"`
						Password string `json:"password"`
					}{made.Name, secret})
				}
				if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "MQTT user %s; the password, shown this once:\n", made.Name); err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), secret)
				return err
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&name, "name", "", "user `NAME` at the broker (default: made of whose it is)")
	cmd.Flags().StringVar(&device, "device", "", "of one device: region/project/class/id")
	cmd.Flags().StringVar(&project, "project", "", "of a whole project, or of a gateway in it: region/project")
	cmd.Flags().StringSliceVar(&children, "children", nil, "of a gateway: the devices it speaks for, class/id")
	cmd.Flags().StringVar(&note, "note", "", "what people should know of it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func parseCredential(name, device, project string, children []string) (identity.Credential, error) {
	c := identity.Credential{Name: name, Children: children}
	switch {
	case device != "" && project == "" && len(children) == 0:
		parts := strings.Split(device, "/")
		if len(parts) != 4 {
			return c, fmt.Errorf("--device %q is not of the form region/project/class/id", device)
		}
		class, err := telemetry.ParseClass(parts[2])
		if err != nil {
			return c, fmt.Errorf("--device: %w", err)
		}
		c.Kind, c.Region, c.Project, c.Class, c.Device = identity.DeviceCredential, parts[0], parts[1], class, parts[3]
	case project != "" && device == "":
		place, err := authz.ParsePlace(project)
		if err != nil || place.Project == "" {
			return c, fmt.Errorf("--project %q is not of the form region/project", project)
		}
		c.Kind, c.Region, c.Project = identity.ProjectCredential, place.Region, place.Project
		if len(children) > 0 {
			c.Kind = identity.GatewayCredential
		}
	default:
		return c, errors.New("say whose it is: --device, or --project with --children for a gateway")
	}
	return c, nil
}

func newMQTTACL() *cobra.Command {
	var flags configFlags
	var format, out string
	cmd := &cobra.Command{
		Use:   "acl --format mosquitto|emqx --out DIR",
		Short: "Write the credentials as password and ACL files of another broker",
		Long: `Writes what the embedded broker enforces in the form of a broker of the house:

  mosquitto  passwords and acl, for password_file and acl_file
  emqx       users.json, the bootstrap file of the built-in database (pbkdf2 with
             sha512, 101 iterations, dk_length 64, bootstrap_type hash), and
             acl.conf, for the file authorization with no_match deny

The account of mqtt.user, with which Steward itself reads, is added. Write them
again when credentials have changed, and let the broker read them (Mosquitto:
SIGHUP).`,
		Example: `  steward mqtt acl --format mosquitto --out /etc/mosquitto/steward`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "mosquitto" && format != "emqx" {
				return usageError{fmt.Errorf("--format %q is not mosquitto or emqx", format)}
			}
			if out == "" {
				return usageError{errors.New("say where to: --out")}
			}
			cfg, err := flags.loadRunning()
			if err != nil {
				return err
			}
			own := identity.BrokerAccount{User: cfg.MQTT.User, Password: cfg.MQTT.Password}
			return withControl(cmd, &flags, func(c *app.Control) error {
				if format == "emqx" {
					return writeFiles(cmd, out, "users.json", "acl.conf", func(users, acl *os.File) error {
						return c.Identity.WriteEMQX(cmd.Context(), users, acl, own)
					})
				}
				return writeFiles(cmd, out, "passwords", "acl", func(passwords, acl *os.File) error {
					return c.Identity.WriteMosquitto(cmd.Context(), passwords, acl, own)
				})
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&format, "format", "mosquitto", "of which broker: mosquitto or emqx")
	cmd.Flags().StringVar(&out, "out", "", "`DIR` to write into")
	return cmd
}

// writeFiles writes two files whole or not at all: a broker that reads half a
// file locks half the devices out.
func writeFiles(cmd *cobra.Command, dir, first, second string, write func(a, b *os.File) error) (err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	var files []*os.File
	for _, name := range []string{first, second} {
		f, err := os.CreateTemp(dir, "."+name+"-*")
		if err != nil {
			return err
		}
		defer os.Remove(f.Name()) //nolint:errcheck // gone when all went well
		files = append(files, f)
	}
	err = write(files[0], files[1])
	for _, f := range files {
		err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
	}
	if err != nil {
		return err
	}
	for i, name := range []string{first, second} {
		if err := os.Rename(files[i].Name(), filepath.Join(dir, name)); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s written.\n", filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
