import { isObject } from "../service/input.ts";
import type { PostgresDataSource, PostgresQueryRunner } from "./data-source.ts";

export type Row = Record<string, unknown>;

/**
 * One connection of the data source's pool, for a while. Given up, it asks nothing any more, and the
 * pool closes it: it may be in the middle of anything.
 */
export class Connection {
  readonly #runner: PostgresQueryRunner;
  readonly #connecting: Promise<unknown>;
  #connected = false;
  #over = false;

  constructor(dataSource: PostgresDataSource) {
    this.#runner = dataSource.createQueryRunner("master");
    this.#connecting = this.#runner.connect().then(() => {
      this.#connected = true;
    });
    // It is looked at below, but maybe not at once.
    this.#connecting.catch(() => {});
  }

  /** The rows that a statement answers with. */
  async rows(sql: string, parameters?: unknown[]): Promise<Row[]> {
    await this.#connecting;
    if (this.#over) throw new Error("the connection was given up");
    const answer = await this.#runner.query(sql, parameters);
    // TypeORM answers an UPDATE with the rows and how many they are.
    const rows = Array.isArray(answer) && Array.isArray(answer[0]) ? answer[0] : answer;
    return Array.isArray(rows) ? rows.filter(isObject) : [];
  }

  /** Gives it back, for others to use. */
  release(): void {
    this.#end(() => this.#runner.release());
  }

  /** Gives it up. */
  discard(why: Error): void {
    const runner = this.#runner as PostgresQueryRunner & {
      releasePostgresConnection?: (why: Error) => Promise<void>;
    };
    const fresh = !this.#connected;
    this.#end(() =>
      fresh || runner.releasePostgresConnection === undefined
        ? runner.release()
        : runner.releasePostgresConnection(why),
    );
  }

  #end(release: () => Promise<void>): void {
    if (this.#over) return;
    this.#over = true;
    // A connection that the pool gives out late has to be given back all the same.
    this.#connecting.then(release).catch(() => {});
  }
}
