import type { IndexState } from '../record-index.ts';
import { Announcer, endOf } from './announcer.ts';
import { dropPage } from './drop-page.ts';
import { DropStore, type View } from './drop-store.ts';
import { dropZone, takeFiles } from './drop-zone.ts';
import { type FeedChanges, FeedReader } from './feed.ts';
import type { FileUpload } from './file-upload.ts';
import { header, type Problem } from './header.ts';
import { listPage } from './list-page.ts';
import { ListScroll } from './list-scroll.ts';
import { html, nothing, render, type TemplateResult } from './lit.ts';
import { OpenDrop } from './open-drop.ts';
import { routeOf } from './route.ts';
import { moveBy } from './row-keys.ts';
import { type ApiError, api } from './session.ts';
import { uploadList } from './upload-list.ts';
import { UploadQueue } from './upload-queue.ts';

/** Ages are shown in seconds at first, but need not be exact. */
const TICK_MS = 5000;

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return found;
};

/** What the page knows, and how it is drawn: as a whole, at most once for each frame. */
export class App {
  readonly #store = new DropStore();
  readonly #announcer = new Announcer(element('announcements'));
  readonly #uploads: UploadQueue;
  readonly #scroll = new ListScroll();
  #view: View = { group: 'all', query: '', sort: 'age', descending: false };
  #stack = { name: '', dropBucket: '' };
  #state: IndexState = { unread: 0 };
  #connection: Problem | 'live' | undefined;
  #openDrop: OpenDrop | undefined;
  /** The row of the list that has the focus, or had it last. */
  #current = 0;
  #listTop = 0;
  #isOver = false;
  /** Whether all that there was has been read. */
  #isCaughtUp = false;
  #frame = 0;

  constructor() {
    const onEnd = (upload: FileUpload) => this.#announcer.say(endOf(upload));
    this.#uploads = new UploadQueue(() => this.#draw(), onEnd);
  }

  /** @throws ApiError without a session */
  async start(): Promise<void> {
    this.#stack = await api('GET', '/api/stack');
    takeFiles(
      (isOver) => {
        if (isOver !== this.#isOver) this.#draw();
        this.#isOver = isOver;
      },
      (files) => this.#uploads.add(files),
    );
    this.#listen();
    this.#navigate();
    new FeedReader({
      onReset: () => {
        this.#store.clear();
        this.#isCaughtUp = false;
      },
      onChanges: (changes) => this.#take(changes),
      onConnection: (error) => this.#connected(error),
    }).start();
  }

  /** Shows that nothing can be shown. */
  fail(error: ApiError): void {
    this.#connection = error;
    this.#draw();
  }

  #listen(): void {
    addEventListener('hashchange', () => this.#navigate());
    addEventListener('scroll', () => this.#scrolled(), { passive: true });
    addEventListener('resize', () => {
      this.#scroll.forget();
      this.#draw();
    });
    addEventListener('keydown', (event) => this.#shortcut(event));
    // The address behind the # is the page's own.
    document.querySelector('.skip')?.addEventListener('click', (event) => {
      event.preventDefault();
      element('main').focus();
    });
    addEventListener('beforeunload', (event) => {
      if (this.#uploads.isBusy) event.preventDefault();
    });
    setInterval(() => this.#draw(), TICK_MS);
  }

  #take({ changed, removed, state, more }: FeedChanges): void {
    const moved = this.#store.apply(changed, removed);
    this.#uploads.removeListed(this.#store);
    this.#state = state;
    // What was there before the page was opened is not new.
    if (this.#isCaughtUp) this.#announcer.moved(moved);
    this.#isCaughtUp ||= state.total !== undefined && state.unread === 0 && !more;
    const open = this.#openDrop;
    if (open !== undefined && changed.some(({ record }) => record === open.key)) void open.refresh();
    this.#draw();
  }

  #connected(error: ApiError | undefined): void {
    this.#connection = error ?? 'live';
    this.#draw();
  }

  #navigate(): void {
    const route = routeOf(location.hash);
    const wasList = this.#openDrop === undefined;
    if (route.view === 'drop') {
      if (wasList) this.#listTop = scrollY;
      this.#openDrop = new OpenDrop(route.record, () => this.#draw());
      void this.#openDrop.open();
      this.#drawNow();
      scrollTo({ top: 0, behavior: 'instant' });
      document.querySelector<HTMLElement>('h1[tabindex]')?.focus();
    } else {
      this.#openDrop = undefined;
      this.#drawNow();
      if (!wasList) this.#backToList();
    }
  }

  /** Where it was left, with the focus on the drop that was looked at. */
  #backToList(): void {
    scrollTo({ top: this.#listTop, behavior: 'instant' });
    this.#scroll.measure(this.#shown.length);
    this.#drawNow();
    this.#focusRow(this.#current);
  }

  #scrolled(): void {
    if (this.#openDrop === undefined && this.#scroll.measure(this.#shown.length)) this.#draw();
  }

  /** "/" as on many pages. */
  #shortcut(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'file';
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.getElementById('search');
    if (search === null) return;
    event.preventDefault();
    search.focus();
  }

  #rowKey(event: KeyboardEvent): void {
    const next = moveBy(event, this.#current, this.#shown.length, Math.floor(innerHeight / this.#scroll.rowHeight) - 2);
    if (next === undefined) return;
    event.preventDefault();
    this.#scroll.reveal(next);
    this.#current = next;
    this.#scroll.measure(this.#shown.length);
    this.#drawNow();
    this.#focusRow(next);
  }

  #focusRow(index: number): void {
    document.querySelector<HTMLElement>(`[data-index="${index}"] .drop-link`)?.focus({ preventScroll: true });
  }

  get #shown() {
    return this.#store.shown(this.#view);
  }

  #draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#render();
    // The list may have become longer, or moved down: then other rows are seen.
    if (this.#openDrop === undefined && this.#scroll.measure(this.#shown.length)) this.#render();
  }

  #render(): void {
    const open = this.#openDrop;
    const name = open?.record?.drop.key;
    document.title = [name, 'imagedrop', this.#stack.name].filter(Boolean).join(' · ');
    render(header(this.#stack, this.#connection, this.#state.problem), element('header'));
    render(open === undefined ? this.#list() : this.#drop(open), element('main'));
  }

  #drop(open: OpenDrop): TemplateResult {
    return html`${this.#isOver ? this.#zone(true) : nothing} ${dropPage(open, Date.now(), (text) => this.#announcer.say(text))}`;
  }

  #zone(isCompact: boolean): TemplateResult {
    const onFiles = (files: Iterable<File>) => this.#uploads.add(files);
    return dropZone({ bucket: this.#stack.dropBucket, isCompact, isOver: this.#isOver, onFiles });
  }

  #list(): TemplateResult {
    const total = this.#store.size;
    const onView = (view: View) => this.#changeView(view);
    return html`<h1 class="hidden">Drops of ${this.#stack.name}</h1>
    ${this.#zone(total > 0 || this.#uploads.uploads.length > 0)}
    ${uploadList({
      uploads: this.#uploads.uploads,
      onCancel: (upload) => void this.#uploads.cancel(upload),
      onGoOn: (upload) => this.#uploads.send(upload),
      onDismiss: (upload) => this.#uploads.remove(upload),
    })}
    ${listPage({
      total,
      state: this.#state,
      drops: this.#shown,
      counts: this.#store.counts(),
      rows: this.#scroll.rows,
      rowHeight: this.#scroll.rowHeight,
      current: this.#current,
      view: this.#view,
      now: Date.now(),
      onView,
      onKey: (event) => this.#rowKey(event),
      onFocus: (index) => this.#focused(index),
    })}`;
  }

  #changeView(view: View): void {
    this.#view = view;
    this.#current = 0;
    this.#drawNow();
    const { length } = this.#shown;
    this.#announcer.say(length === 1 ? 'One drop.' : `${length} drops.`);
  }

  #focused(index: number): void {
    if (index === this.#current) return;
    this.#current = index;
    this.#draw();
  }
}
