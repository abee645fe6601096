import "reflect-metadata";
import { DataSource } from "typeorm";
import { readConfig } from "../config";
import { dataSourceOptions } from "./data-source-options";

// A step of the roll-out of its own: two instances that start at once must not both migrate.
async function migrate(): Promise<void> {
  const dataSource = new DataSource(dataSourceOptions(readConfig().database));
  await dataSource.initialize();
  try {
    const done = await dataSource.runMigrations({ transaction: "all" });
    console.log(`${done.length} migrations run`);
  } finally {
    await dataSource.destroy();
  }
}

migrate().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
