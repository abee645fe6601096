import "reflect-metadata";
import { Logger, ValidationPipe } from "@nestjs/common";
import { HttpAdapterHost, NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { AppModule } from "./app.module";
import { readConfig } from "./config";
import { drainConnections } from "./drain";
import { AssignmentErrorFilter } from "./http/assignment-error.filter";

async function main(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule);
  drainConnections(app);
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
  app.useGlobalFilters(new AssignmentErrorFilter(app.get(HttpAdapterHost).httpAdapter));
  app.enableShutdownHooks();
  await app.listen(readConfig().port, "127.0.0.1");
  new Logger("main").log(`listening on ${await app.getUrl()}`);
}

void main();
