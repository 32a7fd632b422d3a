//! Kerberos, through the machine's own MIT libraries.
//!
//! The libraries are opened when they are first needed (`libgssapi_krb5.so.2`, `libkrb5.so.3`), not linked: building
//! needs no headers, and one binary runs on machines with and without Kerberos. What the machine has is what is
//! used, so caches in a keyring or in SSSD's KCM work as far as its libraries have them, and so does a FIPS policy.
//!
//! [`Login`] is who this process is: it holds a ticket, from a keytab or from the user's `kinit`, and keeps it
//! fresh. [`gss`] are security contexts, on which the SASL mechanism GSSAPI stands. Everything here may wait for a
//! KDC and is synchronous below [`Login`]; [`crate::threads`] keeps it off other threads.

mod error;
pub mod gss;
mod gss_ffi;
mod kdc;
mod krb5;
mod krb5_ffi;
mod library;
mod login;
mod schedule;

pub use error::KerberosError;
pub use kdc::{KdcAnswer, ask_kdc};
pub use krb5::{KeytabEntry, Ticket, default_realm, kdcs_of, keytab_entries, ticket_of_cache};
pub use login::{Login, LoginMethod, LoginStatus};
pub use schedule::{NextStep, Renewability, next_step};
