//! A model of a mailbox predicts every answer.
//!
//! Random commands by several clients, deliveries, POP3 sessions and other programs in the Maildir,
//! one after the other: each line of each answer, and each line that an idling client hears, must be
//! the one that the model says (`mailbox`, `world`). A failure prints its seed;
//! `PILLARBOX_SEED=1 cargo test --test servers mailbox_model` repeats it. And many clients at the same moment
//! (`storm`), of which only that is checked which must hold for each (`belief`).
#![allow(missing_docs, unreachable_pub)]

mod belief;
mod choice;
mod command;
mod driver;
mod fetch;
mod hearing;
mod ledger;
mod mailbox;
mod pop3;
mod site;
mod storm;
mod world;

use std::time::{Duration, Instant};

use driver::Driver;
use storm::{Length, storm};

fn seed() -> u64 {
    match std::env::var("PILLARBOX_SEED") {
        Ok(seed) => seed.parse().expect("PILLARBOX_SEED is a number"),
        Err(_) => fastrand::u64(..1_000_000),
    }
}

/// So many steps from each of some seeds.
fn some_steps(clients: usize, seeds: u64, steps: usize) {
    let first = seed();
    for seed in first..first + seeds {
        let mut driver = Driver::new(seed, clients);
        (0..steps).for_each(|_| driver.step());
    }
}

/// As many steps as a minute has, with a new seed every thousand.
fn a_minute(clients: usize) {
    let (begun, mut seed, mut steps) = (Instant::now(), seed(), 0);
    while begun.elapsed() < Duration::from_secs(60) {
        let mut driver = Driver::new(seed, clients);
        (0..1000).for_each(|_| driver.step());
        steps += driver.steps();
        seed += 1;
    }
    println!("{clients} clients: {steps} steps in a minute");
}

#[test]
fn two_clients_hear_what_the_model_says() {
    some_steps(2, 1, 400);
}

#[test]
fn eight_clients_hear_what_the_model_says() {
    some_steps(8, 1, 400);
}

#[test]
#[ignore = "needs two minutes"]
fn two_and_eight_clients_hear_for_a_minute_what_the_model_says() {
    a_minute(2);
    a_minute(8);
}

#[test]
fn two_clients_and_then_eight_at_once() {
    storm(seed(), 2, Length::Commands(200));
    storm(seed(), 8, Length::Commands(100));
}

#[test]
#[ignore = "needs two minutes"]
fn two_and_eight_clients_at_once_for_a_minute() {
    storm(seed(), 2, Length::Time(Duration::from_secs(60)));
    storm(seed(), 8, Length::Time(Duration::from_secs(60)));
}
