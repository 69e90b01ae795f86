export const HELP = `openstack: a real Keystone and a real Glance on this machine, with a MariaDB of their own,
from the packages of Debian.

Usage:
  npm run openstack -- up [--folder DIR]              starts them, installs what is missing (as root)
  npm run openstack -- status [--folder DIR]          says what runs where
  npm run openstack -- down [--purge] [--folder DIR]  stops them

Options:
  --folder DIR   where everything lies that they remember, and clouds.yaml (default: .openstack)
  --purge        deletes all of that, too
  -h, --help     this text

They serve this machine only, go on when the command has ended, and keep their images from one start to the next.

Exit codes: 0 done, or all of them run; 1 failed, or one of them does not run; 2 wrong use.
`;
