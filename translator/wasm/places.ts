// Where is what lies at an address? It is compared with a page that is known on this way (known_pages.ts), else with a window, else with the TLB. Where
// others follow through the same register, all of them are looked for together (spans.ts), and they need not be compared with anything.
//
// A window is the extent, or the page, that an access through the same registers is likely to hit again: where it begins, its length, and what to add to an address for
// the physical one. Windows lie in memory, at addresses that are constants, so they cost no registers and last beyond the region's run
// (windows.ts); the environment empties them when an existing translation changes. A window that is none has an address that no user page can
// have, and adds 0: should a guest use an address there, it finds a page that belongs to nobody.

import {
  EXTENT_ADDEND,
  EXTENT_LENGTH,
  EXTENT_MARGIN,
  TEMPS,
  TLB,
  TLB_ADDEND,
  TLB_READ,
  TLB_WRITE,
} from "../cpu.ts";
import { atRegister, type Mem } from "../ir/op.ts";
import { NO_PAGE } from "../env.ts";
import { RAM_BYTES } from "../ram.ts";
import { I32, I64, OP } from "./encoder.ts";
import { CPU_AT } from "./results.ts";
import { ADDRESS, ENTRY, type FlagState, PHYS, SPAN_ADDRESS, TLB_AT, Values } from "./values.ts";
import { MISS_READ, MISS_READ_WRITABLE, SPAN_READ, SPAN_READ_WRITABLE, SPAN_WRITE } from "./imports.ts";
import { KnownPages, type PageLocals } from "./known_pages.ts";
import {
  type Found,
  type FoundBytes,
  includes,
  joined,
  memoryAt,
  NOTHING_FOUND,
  placeOf,
  type Span,
} from "./spans.ts";
import { pushEntry } from "./tlb_entry.ts";
import { formOf, NO_WINDOW, STACK, STACK_WINDOW, type Windows } from "./windows.ts";

const NOWHERE: Mem = atRegister(TEMPS, 0);

/** What the emitter knows where it is: see Values.flags, and pages. */
export interface Known {
  readonly flags: FlagState;
  readonly held: Values["held"];
  readonly pages: ReturnType<KnownPages["save"]>;
  readonly found: FoundBytes;
}

/** What is looked for: `size` bytes at the address in local `address`, whose form is `form`. */
interface Wanted {
  readonly address: number;
  readonly form: Mem;
  readonly size: number;
  readonly ip: number;
  /** The import that finds it the long way; `more` pushes arguments of its own. */
  readonly miss: number;
  readonly more?: () => void;
}

const isWrite = (miss: number) => miss !== MISS_READ && miss !== SPAN_READ;

export class Places extends Values {
  readonly #windows: Windows;
  /** The stack's window in locals: loads of it right behind pushes would often have to wait for stores that lie 4 KiB multiples away. */
  #stack: PageLocals | undefined;
  /** The form of the effective address that was pushed last. */
  #form: Mem = NOWHERE;
  readonly #known = new KnownPages();
  #found = NOTHING_FOUND;
  /** What the next access is the first of. */
  span: Span | undefined;

  constructor(
    used: Iterable<number>,
    split: Iterable<number>,
    windows: Windows,
    code?: Values["code"],
  ) {
    super(used, split, code);
    this.#windows = windows;
    if (windows.has(STACK)) this.#stack = this.#newLocals(true);
  }

  /** At the start, and behind what may have changed anything in memory. */
  override reload(): void {
    super.reload();
    this.#known.clear();
    this.#found = NOTHING_FOUND;
    if (this.#stack !== undefined) this.#loadWindow(STACK_WINDOW, this.#stack);
  }
  #loadWindow(at: number, { page, length, addend }: PageLocals): void {
    this.code.i32(at).mem(OP.i64Load, 0).set(page).i32(at).mem(OP.i64Load, EXTENT_LENGTH).set(length);
    this.code.i32(at).mem(OP.i32Load, EXTENT_ADDEND).set(addend);
  }

  /** Address of the TLB, once at the start. */
  protected locateTlb(): void {
    this.code.i32(CPU_AT).mem(OP.i32Load, 8 * TLB).i32(2).op(OP.i32Shl).set(TLB_AT);
  }

  /** What is known on the way here; to be restored where another way begins at the same place. */
  get known(): Known {
    return { flags: this.flags, held: this.held, pages: this.#known.save(), found: this.#found };
  }
  set known({ flags, held, pages, found }: Known) {
    this.flags = flags;
    this.held = held;
    this.#known.restore(pages);
    this.#found = found;
  }
  /** Bytes that registers are known to point to. */
  get found(): FoundBytes {
    return this.#found;
  }
  /** Ways meet here, all of which have made registers lie so and have found these bytes. */
  forgetAll(held: Values["held"], found: FoundBytes): void {
    this.forgetFlags();
    this.held = held;
    this.#known.clear();
    this.#found = found;
  }
  /** Register `r` points somewhere else. */
  forgetPages(r: number): void {
    this.#known.forget(r);
  }
  override set64(d: number): void {
    super.set64(d);
    this.#setFound(d, undefined);
  }
  override reloadSlot(slot: number): void {
    super.reloadSlot(slot);
    this.#setFound(slot, undefined);
  }
  /** `write` adds `by` to register `r`. */
  move(r: number, by: number, write: () => void): void {
    const found = this.#found.get(r);
    write();
    if (found !== undefined) this.#setFound(r, { ...found, from: found.from - by, to: found.to - by });
  }
  #setFound(r: number, found: Found | undefined): void {
    if (found === undefined && !this.#found.has(r)) return;
    const all = new Map(this.#found);
    if (found === undefined) all.delete(r);
    else all.set(r, found);
    this.#found = all;
  }

  /** Pushes the effective address. */
  effective(m: Mem): void {
    const { code } = this;
    this.#form = m;
    let terms = 0;
    const add = () => {
      if (terms++ > 0) code.op(OP.i64Add);
    };
    if (m.base >= 0) {
      this.get64(m.base);
      add();
    }
    if (m.index >= 0) {
      this.get64(m.index);
      if (m.scale > 0) code.i64(m.scale, 0).op(OP.i64Shl);
      add();
    }
    if (m.dispLo !== 0 || m.dispHi !== 0 || terms === 0) {
      code.i64(m.dispLo, m.dispHi);
      add();
    }
    if (m.address32) code.op(OP.i32WrapI64, OP.i64ExtendI32U);
    if (m.segment >= 0) {
      this.get64(m.segment);
      code.op(OP.i64Add);
    }
  }
  setAddress(): void {
    this.code.set(ADDRESS);
  }
  getAddress(): void {
    this.code.get(ADDRESS);
  }

  /** Pushes the address of the TLB entry's tag; that of the entry stays in ENTRY. */
  protected pushEntryOf(address: number): void {
    pushEntry(this.code, () => this.code.get(address).op(OP.i32WrapI64), () => this.pushTlb(), ENTRY);
  }
  /** Pushes the address of the instruction, `ip`. */
  protected pushIp(ip: number): void {
    this.code.f64Const(ip);
  }
  protected pushTlb(): void {
    this.code.get(TLB_AT);
  }

  /**
   * Pushes a physical address, and returns what is to be added to it for that of `size` bytes at the effective address, which is in local ADDRESS now.
   * `more` pushes further arguments of import `miss`.
   */
  protected place(miss: number, size: number, ip: number, more?: () => void): number {
    const { span } = this, form = this.#form;
    // A handler does not know where its operands are (threaded/operands.ts).
    const place = span === undefined && this.#found.size === 0 ? undefined : placeOf(form);
    if (place !== undefined) {
      const { base, at } = place;
      if (span?.base === base && !this.isConditional) {
        if (!includes(this.#found.get(base), span.needed, span.writes)) this.#findSpan(span, ip);
        this.#form = form;
        this.span = undefined;
      }
      const found = this.#found.get(base);
      if (includes(found, { from: at, to: at + size }, isWrite(miss))) {
        this.code.get(found.at);
        return at - found.from;
      }
    }
    this.#find({ address: ADDRESS, form, size, ip, miss, more });
    return 0;
  }
  #findSpan({ base, wanted, writes }: Span, ip: number): void {
    const known = this.#found.get(base), { from, to } = known && joined(base, known, wanted) || wanted;
    this.#findBytes(base, { at: this.newLocal(I32), from, to, writable: writes }, ip);
  }
  #findBytes(base: number, found: Found, ip: number): void {
    const { at, from, to, writable } = found, form = memoryAt({ base, at: from });
    this.effective(form);
    this.code.set(SPAN_ADDRESS);
    const miss = writable ? SPAN_WRITE : SPAN_READ;
    this.#find({ address: SPAN_ADDRESS, form, size: to - from, ip, miss });
    this.code.set(at);
    this.#setFound(base, found);
  }
  /** Finds again, where it has been lost, what a way back to the instruction at `ip` has to have found. */
  findAgain(all: FoundBytes, ip: number): void {
    for (const [base, found] of all) {
      const now = this.#found.get(base);
      if (now?.at === found.at && now.from === found.from && includes(now, found, found.writable)) continue;
      this.#findBytes(base, found, ip);
    }
  }

  /** Pushes the physical address of what is wanted. */
  #find(wanted: Wanted): void {
    const { code } = this, { form, miss } = wanted, write = isWrite(miss);
    const inLocals = ({ page, length, addend }: PageLocals, at: number, call?: number, missed?: () => void) =>
      this.#within(
        wanted,
        () => code.get(page),
        length < 0 ? undefined : () => code.get(length),
        () => code.get(addend),
        at,
        call,
        missed,
      );
    const known = this.#known.find(form, write);
    if (known !== undefined) return inLocals(known, NO_WINDOW);
    const window = this.#windows.size === 0 ? undefined : this.#windows.get(formOf(form));
    if (window === undefined || write && !window.writable) return this.#throughTlb(wanted);
    const { at, writable } = window;
    const call = !writable || write ? miss : miss === SPAN_READ ? SPAN_READ_WRITABLE : MISS_READ_WRITABLE;
    if (at === STACK_WINDOW) {
      const stack = this.#stack!;
      return inLocals(stack, at, call, () => this.#loadWindow(at, stack));
    }
    const found = this.#remember(form, writable, true);
    const field = (offset: number, opcode: number, local: number | undefined) => () => {
      code.i32(at).mem(opcode, offset);
      if (local !== undefined) code.tee(local);
    };
    this.#within(
      wanted,
      field(0, OP.i64Load, found?.page),
      field(EXTENT_LENGTH, OP.i64Load, found?.length),
      field(EXTENT_ADDEND, OP.i32Load, found?.addend),
      at,
      call,
      () => found && this.#loadWindow(at, found),
    );
  }

  /**
   * Compares the address with what begins at `page` and has length `length` (one page without), else calls `call` for the window at `window`. `missed`: what
   * else happens when it is elsewhere.
   */
  #within(
    wanted: Wanted,
    page: () => void,
    length: (() => void) | undefined,
    addend: () => void,
    window: number,
    call = wanted.miss,
    missed?: () => void,
  ): void {
    const { code } = this, { address, size } = wanted;
    code.get(address);
    page();
    code.op(OP.i64Sub);
    if (length === undefined) code.i64(4096 - size, 0).op(OP.i64LeU);
    else {
      length();
      if (size > EXTENT_MARGIN + 1) code.i64(size - EXTENT_MARGIN - 1, 0).op(OP.i64Sub);
      code.op(OP.i64LtU);
    }
    code.hint(true);
    this.open(OP.if, I32);
    code.get(address).op(OP.i32WrapI64);
    addend();
    code.op(OP.i32Add, OP.else);
    this.#miss(wanted, window, call);
    missed?.();
    this.#pushFound();
    this.close();
  }

  #throughTlb(wanted: Wanted): void {
    const { code } = this, { address, form, size, miss } = wanted, write = isWrite(miss);
    const found = this.#remember(form, write, false);
    this.pushEntryOf(address);
    code.mem(OP.i64Load, 4 * (write ? TLB_WRITE : TLB_READ)).get(address);
    if (size > 1) code.i64(size - 1, 0).op(OP.i64Add);
    code.i64(-4096, -1).op(OP.i64And);
    if (found !== undefined) code.tee(found.page);
    code.op(OP.i64Eq).hint(true);
    this.open(OP.if, I32);
    code.get(address).op(OP.i32WrapI64).get(ENTRY).mem(OP.i32Load, 4 * TLB_ADDEND);
    if (found !== undefined) code.tee(found.addend);
    code.op(OP.i32Add, OP.else);
    this.#miss(wanted, NO_WINDOW, miss);
    if (found !== undefined) code.i64(NO_PAGE.lo, NO_PAGE.hi).set(found.page).i32(0).set(found.addend);
    this.#pushFound();
    this.close();
  }

  /** Where a fault goes, from here: as a level of open(). */
  protected faultLevel(): number {
    return 0;
  }
  /** Pops whether the instruction faults: leaves then. */
  protected faultIf(): void {
    const level = this.faultLevel();
    if (this.hasStoredFlags) return this.branchIf(level);
    this.open(OP.if);
    this.storeFlags();
    this.branch(level);
    this.close();
  }

  /** Pushes PHYS. V8 keeps the upper half of an address clear where it can tell that it is (the sum and this), and clears it again where it cannot. */
  #pushFound(): void {
    this.code.get(PHYS).i32(RAM_BYTES - 1).op(OP.i32And);
  }
  /** PHYS = the address, found the long way by import `call`; the window at `window` may become its page. */
  #miss({ address, size, ip, more }: Wanted, window: number, call: number): void {
    const { code } = this;
    code.i32(window).get(address).i32(size);
    this.pushIp(ip);
    more?.();
    code.call(call).tee(PHYS).i32(0).op(OP.i32LtS);
    this.faultIf();
  }

  /** Locals for what the access at `m` finds; undefined where not all ways come by here. */
  #remember(m: Mem, writable: boolean, extent: boolean): ReturnType<KnownPages["remember"]> {
    if (this.isConditional) return undefined;
    return this.#known.remember(m, writable, () => this.#newLocals(extent));
  }
  #newLocals(extent: boolean): PageLocals {
    return {
      page: this.newLocal(I64),
      addend: this.newLocal(I32),
      length: extent ? this.newLocal(I64) : -1,
    };
  }
}
