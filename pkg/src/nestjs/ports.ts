import type { FactoryProvider, InjectionToken, Provider, Type } from "@nestjs/common";
import { isObject } from "../service/input.ts";

/** A port to the application: an instance, a class that Nest is to make, or how to come by one. */
export type PortProvider<T> =
  | T
  | Type<T>
  | { useValue: T }
  | { useClass: Type<T> }
  | { useExisting: InjectionToken }
  | {
      // Nest checks no more than that at run time, so no more can be promised here.
      useFactory: (...args: any[]) => T | Promise<T>;
      inject?: FactoryProvider["inject"];
    };

/** The port as a provider of Nest's under `token`; whatever else it says is kept. */
export function providerOf<T>(token: InjectionToken, port: PortProvider<T>): Provider {
  if (typeof port === "function") return { provide: token, useClass: port as Type<T> };
  if (isObject(port) && USES.some((use) => use in port)) {
    return unseen({ ...port, provide: token } as unknown as Provider);
  }
  return unseen({ provide: token, useValue: port });
}

/**
 * The provider with its value out of sight. Nest 10 writes out the values of a module to tell it
 * from others, and a client of Redis or of a database is a large thing to write out.
 */
export function unseen(provider: Provider): Provider {
  if (typeof provider === "function" || !("useValue" in provider)) return provider;
  const { provide, useValue } = provider;
  // The id by which Nest tells modules apart must be seen.
  return typeof useValue === "string" ? provider : { provide, useFactory: () => useValue };
}

const USES = ["useValue", "useClass", "useExisting", "useFactory"];
