/** Before the tests: what they need of Debian's packages, on a machine that lacks it. */
module.exports = async () => {
  const { installPackages, PACKAGES } = await import('../../local/contributing/openstack/packages.ts');
  const installed = await installPackages({ packages: [...PACKAGES, 'qemu-utils'] });
  if (installed.length > 0) process.stderr.write(`Installed ${installed.join(', ')}.\n`);
};
