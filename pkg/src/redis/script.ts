/** A Lua script and its name on the server. */
export interface Script {
  readonly source: string;
  /**
   * SHA-1 of {@link Script.source} in hexadecimal digits. Written down and not computed: there is
   * no synchronous SHA-1 that every JavaScript runtime has.
   */
  readonly sha: string;
}

// `pcall` hands a command's error on as it is, on every version of Redis; `call` wraps it, on
// older ones without its code. Only after a count that went well may the key live longer, so a
// foreign value under our name goes away by itself. Numbers in Lua are doubles, exact up to 2^53,
// and ioredis 6 and node-redis 6 round in the last digit a little below that; so from 2^52 on the
// exact count is read back as text.

/**
 * Counts one turn of KEYS[1], which then lives for ARGV[1] seconds, and answers the count. But for
 * where texts begin, it is the script of the Rust provider.
 */
export const TICKET_SCRIPT: Script = {
  source: `local n = redis.pcall('INCR', KEYS[1])
if type(n) == 'table' then return n end
local e = redis.pcall('EXPIRE', KEYS[1], ARGV[1])
if type(e) == 'table' then return e end
if n >= 4503599627370496 or n <= -4503599627370496 then return redis.pcall('GET', KEYS[1]) end
return n
`,
  sha: "a5355097f0a993e42bc80c0b71a532cdc3324bf9",
};

/** Counts ARGV[2] turns at once, and is like {@link TICKET_SCRIPT} in all else. */
export const TURNS_SCRIPT: Script = {
  source: `local n = redis.pcall('INCRBY', KEYS[1], ARGV[2])
if type(n) == 'table' then return n end
local e = redis.pcall('EXPIRE', KEYS[1], ARGV[1])
if type(e) == 'table' then return e end
if n >= 4503599627370496 or n <= -4503599627370496 then return redis.pcall('GET', KEYS[1]) end
return n
`,
  sha: "6bed5f282334e084136d9d93029734b778009837",
};
