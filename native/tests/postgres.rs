//! PostgreSQL as a store: races, faults, tables of other names, rows of other people's making, and
//! the service on it.
#![cfg(feature = "postgres")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "postgres/alike.rs"]
mod alike;
#[path = "support/database.rs"]
mod database;
#[path = "postgres/faults.rs"]
mod faults;
#[path = "postgres/history.rs"]
mod history;
#[path = "postgres/killed.rs"]
mod killed;
#[path = "support/line.rs"]
mod line;
#[path = "support/postgres_server.rs"]
mod postgres_server;
#[path = "postgres/races.rs"]
mod races;
#[path = "postgres/rows.rs"]
mod rows;
#[path = "postgres/service.rs"]
mod service;
#[expect(dead_code, reason = "the tests of every store do more with a stage")]
#[path = "support/stage.rs"]
mod stage;
#[path = "postgres/tables.rs"]
mod tables;
#[cfg(feature = "postgres-tls")]
#[path = "postgres/tls.rs"]
mod tls;
