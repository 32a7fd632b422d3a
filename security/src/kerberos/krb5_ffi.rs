//! The part of `krb5.h` that is used, as MIT's library has it (the layout of its public structs has not changed
//! since 1.0).

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};

use super::library::functions;

pub(super) type Context = *mut c_void;
pub(super) type Principal = *mut c_void;
pub(super) type Cache = *mut c_void;
pub(super) type Keytab = *mut c_void;
pub(super) type Options = *mut c_void;
pub(super) type Cursor = *mut c_void;
pub(super) type Profile = *mut c_void;
pub(super) type Code = i32;

/// `krb5_keyblock`.
#[repr(C)]
pub(super) struct Keyblock {
    magic: i32,
    pub enctype: i32,
    length: c_uint,
    contents: *mut u8,
}

/// `krb5_data`.
#[repr(C)]
pub(super) struct Data {
    magic: i32,
    length: c_uint,
    data: *mut c_char,
}

/// `krb5_ticket_times`. The numbers are seconds since 1970 and to be read without sign.
#[repr(C)]
pub(super) struct Times {
    pub authtime: i32,
    pub starttime: i32,
    pub endtime: i32,
    pub renew_till: i32,
}

/// `krb5_creds`.
#[repr(C)]
pub(super) struct Creds {
    magic: i32,
    pub client: Principal,
    pub server: Principal,
    keyblock: Keyblock,
    pub times: Times,
    is_skey: c_uint,
    pub ticket_flags: i32,
    addresses: *mut c_void,
    ticket: Data,
    second_ticket: Data,
    authdata: *mut c_void,
}

/// `krb5_keytab_entry`.
#[repr(C)]
pub(super) struct KeytabEntry {
    magic: i32,
    pub principal: Principal,
    pub timestamp: u32,
    pub version: u32,
    pub key: Keyblock,
}

/// `TKT_FLG_FORWARDABLE`.
pub(super) const FORWARDABLE: i32 = 0x4000_0000;
/// `TKT_FLG_RENEWABLE`.
pub(super) const RENEWABLE: i32 = 0x0080_0000;

functions! {
    /// The functions of `libkrb5`.
    Krb5 of c"libkrb5.so.3" {
        fn krb5_init_context(*mut Context) -> Code;
        fn krb5_free_context(Context);
        fn krb5_get_error_message(Context, Code) -> *const c_char;
        fn krb5_free_error_message(Context, *const c_char);
        fn krb5_parse_name(Context, *const c_char, *mut Principal) -> Code;
        fn krb5_unparse_name(Context, Principal, *mut *mut c_char) -> Code;
        fn krb5_free_unparsed_name(Context, *mut c_char);
        fn krb5_free_principal(Context, Principal);
        fn krb5_get_default_realm(Context, *mut *mut c_char) -> Code;
        fn krb5_free_default_realm(Context, *mut c_char);
        fn krb5_get_profile(Context, *mut Profile) -> Code;
        fn profile_get_values(Profile, *const *const c_char, *mut *mut *mut c_char) -> c_long;
        fn profile_free_list(*mut *mut c_char);
        fn profile_release(Profile);
        fn krb5_cc_resolve(Context, *const c_char, *mut Cache) -> Code;
        fn krb5_cc_default(Context, *mut Cache) -> Code;
        fn krb5_cc_close(Context, Cache) -> Code;
        fn krb5_cc_destroy(Context, Cache) -> Code;
        fn krb5_cc_get_full_name(Context, Cache, *mut *mut c_char) -> Code;
        fn krb5_free_string(Context, *mut c_char);
        fn krb5_cc_initialize(Context, Cache, Principal) -> Code;
        fn krb5_cc_store_cred(Context, Cache, *mut Creds) -> Code;
        fn krb5_cc_get_principal(Context, Cache, *mut Principal) -> Code;
        fn krb5_cc_start_seq_get(Context, Cache, *mut Cursor) -> Code;
        fn krb5_cc_next_cred(Context, Cache, *mut Cursor, *mut Creds) -> Code;
        fn krb5_cc_end_seq_get(Context, Cache, *mut Cursor) -> Code;
        fn krb5_free_cred_contents(Context, *mut Creds);
        fn krb5_kt_resolve(Context, *const c_char, *mut Keytab) -> Code;
        fn krb5_kt_close(Context, Keytab) -> Code;
        fn krb5_kt_start_seq_get(Context, Keytab, *mut Cursor) -> Code;
        fn krb5_kt_next_entry(Context, Keytab, *mut KeytabEntry, *mut Cursor) -> Code;
        fn krb5_kt_end_seq_get(Context, Keytab, *mut Cursor) -> Code;
        fn krb5_free_keytab_entry_contents(Context, *mut KeytabEntry) -> Code;
        fn krb5_get_init_creds_opt_alloc(Context, *mut Options) -> Code;
        fn krb5_get_init_creds_opt_free(Context, Options);
        fn krb5_get_init_creds_opt_set_forwardable(Options, c_int);
        fn krb5_get_init_creds_keytab(Context, *mut Creds, Principal, Keytab, i32, *const c_char, Options) -> Code;
        fn krb5_get_renewed_creds(Context, *mut Creds, Principal, Cache, *const c_char) -> Code;
    }
}
