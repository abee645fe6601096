import { AssignmentEngineError } from "../errors.ts";
import { within } from "../service/deadline.ts";
import { Connection, type Row } from "./connection.ts";
import type { PostgresDataSource } from "./data-source.ts";
import { driverErrorOf, failureOf, isAborted, isConflict, stateOf } from "./failures.ts";

/** What runs in a transaction. */
export interface Transaction {
  rows(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** The same for a statement that writes and answers its transaction's id as `xid`. */
  write(sql: string, parameters?: unknown[]): Promise<Row[]>;
}

/**
 * The database, in bounded time: here, where every call ends when its time is over, and there, where
 * the server ends statements that nobody waits for any more, and transactions that nobody goes on
 * with.
 */
export class Database {
  readonly #dataSource: PostgresDataSource;
  readonly #timeoutMs: number;

  constructor(dataSource: PostgresDataSource, timeoutMs: number) {
    this.#dataSource = dataSource;
    this.#timeoutMs = timeoutMs;
  }

  /** The rows of one statement that only reads. */
  rows(what: string, sql: string, parameters: unknown[]): Promise<Row[]> {
    return this.#read(what, sql, parameters, this.#timeoutMs);
  }

  /**
   * Does `work` in a transaction, READ COMMITTED. Where it met another transaction it is done again,
   * a few times. If the answer to COMMIT is lost, the server is asked what became of it. That it was
   * committed is believed only if the tables show what was written, as `shows` finds out: after a
   * crash a server may give the number of a transaction that was lost to another one.
   */
  async transaction<T>(
    what: string,
    work: (transaction: Transaction) => Promise<T>,
    shows: (answer: T) => Promise<boolean>,
  ): Promise<T> {
    const end = Date.now() + this.#timeoutMs;
    for (let conflicts = 0; ; conflicts += 1) {
      const attempt = new Attempt(this.#dataSource, what);
      try {
        return await attempt.run(work, Math.max(1, end - Date.now()));
      } catch (error) {
        if (attempt.inDoubt !== undefined && !isAborted(error)) {
          return await this.#settle(what, attempt.inDoubt as InDoubt<T>, shows, error);
        }
        const again = isConflict(error) && conflicts < MAX_CONFLICTS && Date.now() < end;
        if (!again) throw failureOf(what, this.#timeoutMs, error);
      }
    }
  }

  /** What became of a transaction whose COMMIT was not answered. */
  async #settle<T>(
    what: string,
    { xid, answer }: InDoubt<T>,
    shows: (answer: T) => Promise<boolean>,
    error: unknown,
  ): Promise<T> {
    const cause = driverErrorOf(error);
    const end = Date.now() + this.#timeoutMs;
    for (let left = this.#timeoutMs; left > 0; left = end - Date.now()) {
      const status = await this.#statusOf(xid, left);
      if (status === "committed") {
        if (await shows(answer).catch(() => false)) return answer;
        break;
      }
      if (status === "aborted") {
        const message = `the connection broke in \`${what}\`; nothing was changed`;
        throw new AssignmentEngineError("store_unavailable", message, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(SETTLE_PAUSE_MS, left)));
    }
    const message = `the connection broke in \`${what}\`; whether it was carried out is unknown`;
    throw new AssignmentEngineError("store_outcome_unknown", message, { cause });
  }

  async #statusOf(xid: string, milliseconds: number): Promise<unknown> {
    const sql = "SELECT pg_xact_status($1::text::xid8) AS status";
    const connection = new Connection(this.#dataSource);
    try {
      const rows = await within(milliseconds, () => connection.rows(sql, [xid]), late);
      connection.release();
      return rows[0]?.["status"];
    } catch (error) {
      connection.discard(error as Error);
      // After a crash the server may not even know the number: then nothing of it was kept.
      return stateOf(error) === "22023" ? "aborted" : undefined;
    }
  }

  async #read(
    what: string,
    sql: string,
    parameters: unknown[],
    milliseconds: number,
  ): Promise<Row[]> {
    const connection = new Connection(this.#dataSource);
    try {
      const rows = await within(milliseconds, () => connection.rows(sql, parameters), late);
      connection.release();
      return rows;
    } catch (error) {
      // A statement that the server has refused leaves the connection as it was.
      if (stateOf(error) === undefined) connection.discard(error as Error);
      else connection.release();
      if (error instanceof Late) {
        const message = `the database did not answer \`${what}\` within ${milliseconds} ms`;
        throw new AssignmentEngineError("store_timeout", message);
      }
      throw failureOf(what, milliseconds, error);
    }
  }
}

/** A transaction that was or was not committed, and what it answers if it was. */
interface InDoubt<T> {
  xid: string;
  answer: T;
}

/** One try of a transaction, on a connection of its own. */
class Attempt implements Transaction {
  readonly #connection: Connection;
  readonly #what: string;
  #xid: string | undefined;
  /** Was it rolled back, so that others can use the connection? */
  #clean = false;
  /** Set while the answer to COMMIT is awaited. */
  inDoubt: InDoubt<unknown> | undefined;

  constructor(dataSource: PostgresDataSource, what: string) {
    this.#connection = new Connection(dataSource);
    this.#what = what;
  }

  async run<T>(work: (transaction: Transaction) => Promise<T>, milliseconds: number): Promise<T> {
    try {
      const answer = await within(milliseconds, () => this.#run(work, milliseconds), late);
      this.#connection.release();
      return answer;
    } catch (error) {
      if (this.#clean) this.#connection.release();
      else this.#connection.discard(error as Error);
      if (!(error instanceof Late) || this.inDoubt !== undefined) throw error;
      // Without a COMMIT nothing of it stays.
      const message = `the database did not carry out \`${this.#what}\` within ${milliseconds} ms; nothing was changed`;
      throw new AssignmentEngineError("store_timeout", message);
    }
  }

  async #run<T>(work: (transaction: Transaction) => Promise<T>, milliseconds: number): Promise<T> {
    const limit = Math.ceil(milliseconds);
    await this.#connection.rows(
      `START TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE;
       SET LOCAL statement_timeout = ${limit}; SET LOCAL lock_timeout = ${limit};
       SET LOCAL idle_in_transaction_session_timeout = ${limit}`,
    );
    let answer: T;
    try {
      answer = await work(this);
    } catch (error) {
      await this.#rollBack();
      throw error;
    }
    if (this.#xid !== undefined) this.inDoubt = { xid: this.#xid, answer };
    await this.#connection.rows("COMMIT");
    this.inDoubt = undefined;
    return answer;
  }

  /** What went wrong before is what is to be told, whatever goes wrong here. */
  async #rollBack(): Promise<void> {
    try {
      await this.#connection.rows("ROLLBACK");
      this.#clean = true;
    } catch {
      // The connection is given up.
    }
  }

  rows(sql: string, parameters?: unknown[]): Promise<Row[]> {
    return this.#connection.rows(sql, parameters);
  }

  async write(sql: string, parameters?: unknown[]): Promise<Row[]> {
    const rows = await this.#connection.rows(sql, parameters);
    return rows.map(({ xid, ...row }) => {
      if (typeof xid === "string") this.#xid = xid;
      return row;
    });
  }
}

/** The time is over. Made here, so that no error of a driver's is taken for it. */
class Late extends Error {}

function late(): Late {
  return new Late("late");
}

/** How often a transaction that met another one is done again. */
const MAX_CONFLICTS = 3;

/** Milliseconds between two questions for what became of a transaction. */
const SETTLE_PAUSE_MS = 50;
