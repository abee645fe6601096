import type { Scripts, Sink } from "./client.ts";
import type { Script } from "./script.ts";

/** What is used of a command of ioredis 5 and 6. */
interface Command {
  /** Told the reply, and the client's error; the class makes them anew for its promise. */
  resolve(reply: unknown): void;
  reject(error: unknown): void;
  isResolved: boolean;
  /** The bytes that are sent. */
  toWritable(stream?: unknown): unknown;
}

interface CommandClass {
  new (name: string, args: readonly unknown[]): Command;
  readonly prototype: { readonly initPromise?: unknown; readonly _clearTimers?: unknown };
}

/** What is used of a client of ioredis. */
interface Sender {
  readonly evalsha: (...args: unknown[]) => unknown;
  readonly sendCommand: (command: Command) => unknown;
  readonly options?: { readonly enableAutoPipelining?: unknown };
}

/**
 * `EVALSHA` on a client of ioredis 5 or 6, at less cost than by its method: that goes over the
 * arguments three times and makes promises of its own, which for five arguments costs as much as
 * the server does for a pick. Here all but the key is written beforehand, and the reply goes to the
 * call that waits for it.
 *
 * Undefined unless a sample shows that the library makes commands as we know it, and would send the
 * same bytes (it does not where it puts a prefix before keys).
 */
export function evalshaOf(client: object): Scripts["runInto"] {
  try {
    const sender = client as Sender;
    if (typeof sender.sendCommand !== "function" || sender.options?.enableAutoPipelining) return;
    const theirs = sampleOf(sender);
    if (theirs === undefined) return;
    const Evalsha = evalshaClass(theirs.constructor as CommandClass);
    let heard: unknown;
    const sink = { answered: (reply: unknown) => (heard = reply), refused: () => undefined };
    const ours = new Evalsha(sink, SAMPLE, SAMPLE_KEYS, SAMPLE_ARGS);
    if (ours.toWritable() !== theirs.toWritable()) return;
    ours.resolve(SAMPLE);
    if (heard !== SAMPLE || ours.isResolved !== true) return;
    return (sink, script, keys, args) => {
      // By name at each call: a client may be wrapped after it was handed in, and then there can be
      // a promise of the wrapper's.
      const sent = sender.sendCommand(new Evalsha(sink, script, keys, args));
      if (sent !== undefined) Promise.resolve(sent).catch((error) => sink.refused(error));
    };
  } catch {
    // Something else that has these names.
    return undefined;
  }
}

/** A command as the library makes it, caught before it is sent. */
function sampleOf(sender: Sender): Command | undefined {
  let caught: Command | undefined;
  const catcher = Object.create(sender, {
    sendCommand: { value: (command: Command) => void (caught = command) },
  }) as Sender;
  catcher.evalsha(SAMPLE.sha, SAMPLE_KEYS.length, ...SAMPLE_KEYS, ...SAMPLE_ARGS);
  return caught;
}

type EvalshaClass = new (
  sink: Sink,
  script: Script,
  keys: readonly string[],
  args: readonly string[],
) => Command;

function evalshaClass(Command: CommandClass): EvalshaClass {
  const { initPromise, _clearTimers: clearTimers } = Command.prototype;
  if (typeof initPromise !== "function" || typeof clearTimers !== "function") {
    throw new TypeError("another sort of command");
  }
  return class Evalsha extends Command {
    private readonly _text: string;
    private readonly _script: Script;
    private readonly _keys: readonly string[];
    private readonly _rest: readonly string[];

    constructor(sink: Sink, script: Script, keys: readonly string[], args: readonly string[]) {
      super("evalsha", NO_ARGUMENTS);
      this._script = script;
      this._keys = keys;
      this._rest = args;
      this._text = textOf(script, keys, args);
      // Not methods: whoever watches commands puts functions of its own around these.
      this.resolve = (reply) => {
        this._over();
        sink.answered(reply);
      };
      this.reject = (error) => {
        this._over();
        sink.refused(error);
      };
    }

    /** For those that look at commands, as a cluster does for its slot. */
    get args(): string[] {
      return [this._script.sha, `${this._keys.length}`, ...this._keys, ...this._rest];
    }

    /** The library puts there what it was made with. */
    set args(_: string[]) {}

    /** Makes no promise: nobody would look at it. */
    initPromise(): void {}

    override toWritable(): string {
      return this._text;
    }

    private _over(): void {
      this.isResolved = true;
      (clearTimers as () => void).call(this);
    }
  };
}

/** What was sent last, and its text up to the keys and after them. */
let lastScript: Script | undefined;
let lastArgs: readonly string[] | undefined;
let lastKeys = 0;
let head = "";
let tail = "";

function textOf(script: Script, keys: readonly string[], args: readonly string[]): string {
  if (script !== lastScript || args !== lastArgs || keys.length !== lastKeys) {
    const parts = 3 + keys.length + args.length;
    head = `*${parts}\r\n${bulk("evalsha")}${bulk(script.sha)}${bulk(`${keys.length}`)}`;
    tail = args.map(bulk).join("");
    lastScript = script;
    lastArgs = args;
    lastKeys = keys.length;
  }
  let text = head;
  for (const key of keys) text += bulk(key);
  return text + tail;
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

const NO_ARGUMENTS: string[] = [];

const SAMPLE: Script = { sha: "0".repeat(40), source: "" };
const SAMPLE_KEYS = ["ö"];
const SAMPLE_ARGS = ["1", "two"];
