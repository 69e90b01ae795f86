/** What is used of seek-bzip, which has no types of its own. */
declare module 'seek-bzip' {
  interface ByteInput {
    /** @returns -1 at the end */
    readByte(): number;
    read(buffer: Uint8Array, offset: number, length: number): number;
    seek(position: number): void;
  }
  interface ByteOutput {
    writeByte(byte: number): void;
  }
  const Bunzip: {
    /** Unpacks the block that begins at a bit of the input, which itself begins with the header of a file. */
    decodeBlock(input: ByteInput, bit: number, output: ByteOutput): void;
  };
  export default Bunzip;
}
