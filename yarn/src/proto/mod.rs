//! YARN's protobuf messages, written by hand with Hadoop's field numbers (identical in 3.4 and 3.5).
//!
//! Source: `yarn_protos.proto`, `yarn_service_protos.proto`. Only what Alpheus sends or reads is here: protobuf skips fields that
//! it does not know. These types stay inside the crate; [`crate::records`] has those that people use.

#![allow(clippy::wildcard_imports)]

pub(crate) mod basic;
pub(crate) mod client;
pub(crate) mod container;
pub(crate) mod master;
pub(crate) mod submission;

pub(crate) use basic::*;
pub(crate) use client::*;
pub(crate) use container::*;
pub(crate) use master::*;
pub(crate) use submission::*;
