import { LOGO } from './icons.ts';
import { html, type TemplateResult } from './lit.ts';

export interface DropZoneProps {
  /** Of the stack; empty until it is known. */
  readonly bucket: string;
  /** Small, because there is a list below it. */
  readonly isCompact: boolean;
  /** A file is held over the page. */
  readonly isOver: boolean;
  readonly onFiles: (files: Iterable<File>) => void;
}

/** The place to drop files; the whole page takes them, this shows it. */
export function dropZone({ bucket, isCompact, isOver, onFiles }: DropZoneProps): TemplateResult {
  const chosen = ({ currentTarget }: Event) => {
    const input = currentTarget as HTMLInputElement;
    onFiles(Array.from(input.files ?? []));
    // So that the same file can be chosen again.
    input.value = '';
  };
  return html`<section class="drop-zone ${isCompact ? 'is-compact' : ''} ${isOver ? 'is-over' : ''}" aria-labelledby="drop-title">
    ${LOGO}
    <div class="drop-words">
      <h2 id="drop-title">${isOver ? 'Let go to drop it' : 'Drop a disk image here'}</h2>
      <p id="drop-hint">QCOW2, VMDK, VHD, VHDX, VDI, ISO or raw. It goes straight to the bucket ${bucketName(bucket)}.</p>
    </div>
    <label class="button primary">
      <input type="file" multiple aria-describedby="drop-hint" @change=${chosen} />
      Choose files
    </label>
  </section>`;
}

const bucketName = (bucket: string) => (bucket === '' ? '' : html`<span class="bucket">${bucket}</span>`);

/** Lets the whole page take files. */
export function takeFiles(onOver: (isOver: boolean) => void, onFiles: (files: Iterable<File>) => void): void {
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
    onOver(true);
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) onOver(false);
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    onOver(false);
    onFiles(filesOf(event.dataTransfer));
  });
}

/** Folders look like files that cannot be read; they are left out. */
function filesOf(transfer: DataTransfer | null): File[] {
  const items = Array.from(transfer?.items ?? []).filter((item) => item.webkitGetAsEntry()?.isDirectory !== true);
  return items.flatMap((item) => item.getAsFile() ?? []);
}
