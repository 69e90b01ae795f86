/** A GUID as text, in upper case; its first three groups are little-endian (MS-DTYP 2.3.4.2; UEFI specification 2.10, appendix A). */
export function guidText(bytes: Buffer): string {
  const groups = [
    Buffer.from(bytes.subarray(0, 4)).reverse(),
    Buffer.from(bytes.subarray(4, 6)).reverse(),
    Buffer.from(bytes.subarray(6, 8)).reverse(),
    bytes.subarray(8, 10),
    bytes.subarray(10, 16),
  ];
  return groups.map((group) => group.toString('hex').toUpperCase()).join('-');
}
