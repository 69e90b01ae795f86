export const HELP = `imagedrop start: runs the whole stack on this machine.

Usage:
  npm start -- FILE…                    drops the files, shows them on their way, ends with a table
  npm start                             runs until Ctrl-C; drop with any S3 client
  npm start -- --os-cloud NAME FILE…    sends to a cloud of your clouds.yaml instead of the simulator

Options:
  --os-cloud NAME     a cloud of your clouds.yaml, found where the openstack command finds it: OS_CLIENT_CONFIG_FILE,
                      the working directory, ~/.config/openstack or /etc/openstack; secure.yaml likewise.
                      OS_CLOUD alone does not do it: without this option drops go to the simulator
  --kind glance|ims   the kind of image endpoint (default: glance)
  --json              prints the records as JSON instead of progress and table
  -h, --help          this text

Exit codes: 0 all images are active, 1 any failed, 2 wrong use.

State lies in .imagedrop/ and survives a restart: a drop that was half way goes on.
`;
