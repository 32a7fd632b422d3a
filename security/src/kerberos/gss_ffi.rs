//! The part of `gssapi.h` and `gssapi_ext.h` that is used, as MIT's library has it on Linux.

use std::ffi::{c_char, c_int, c_void};

use super::library::functions;

pub(super) type Name = *mut c_void;
pub(super) type Credential = *mut c_void;
pub(super) type Context = *mut c_void;

/// `gss_buffer_desc`.
#[repr(C)]
pub(super) struct Buffer {
    pub length: usize,
    pub value: *mut c_void,
}

/// `gss_OID_desc`.
#[repr(C)]
pub(super) struct Oid {
    pub length: u32,
    pub elements: *const c_void,
}

// SAFETY: an object identifier of ours points to static bytes that nobody writes.
unsafe impl Sync for Oid {}

/// `gss_OID_set_desc`.
#[repr(C)]
pub(super) struct OidSet {
    pub count: usize,
    pub elements: *const Oid,
}

/// `gss_key_value_element_desc`.
#[repr(C)]
pub(super) struct KeyValue {
    pub key: *const c_char,
    pub value: *const c_char,
}

/// `gss_key_value_set_desc`.
#[repr(C)]
pub(super) struct KeyValueSet {
    pub count: u32,
    pub elements: *const KeyValue,
}

const fn oid(bytes: &'static [u8]) -> Oid {
    Oid {
        length: bytes.len() as u32,
        elements: bytes.as_ptr().cast(),
    }
}

/// `gss_mech_krb5`.
pub(super) static KRB5: Oid = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02]);
/// `GSS_C_NT_HOSTBASED_SERVICE`.
pub(super) static HOST_BASED_SERVICE: Oid =
    oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x01, 0x04]);
/// `GSS_KRB5_NT_PRINCIPAL_NAME`.
pub(super) static PRINCIPAL: Oid =
    oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x01]);

pub(super) const CONTINUE_NEEDED: u32 = 1;
/// The bits of a major status that mean an error.
pub(super) const ERROR_MASK: u32 = 0xffff_0000;
pub(super) const INITIATE: c_int = 1;
pub(super) const ACCEPT: c_int = 2;
/// Mutual authentication, replay detection, sequencing, confidentiality, integrity.
pub(super) const FLAGS: u32 = 2 | 4 | 8 | 16 | 32;
pub(super) const MUTUAL: u32 = 2;
pub(super) const STATUS_GSS: c_int = 1;
pub(super) const STATUS_MECHANISM: c_int = 2;

functions! {
    /// The functions of `libgssapi_krb5`.
    Gss of c"libgssapi_krb5.so.2" {
        fn gss_import_name(*mut u32, *const Buffer, *const Oid, *mut Name) -> u32;
        fn gss_display_name(*mut u32, Name, *mut Buffer, *mut *const Oid) -> u32;
        fn gss_release_name(*mut u32, *mut Name) -> u32;
        fn gss_release_buffer(*mut u32, *mut Buffer) -> u32;
        fn gss_acquire_cred_from(
            *mut u32, Name, u32, *const OidSet, c_int, *const KeyValueSet, *mut Credential, *mut *mut OidSet, *mut u32,
        ) -> u32;
        fn gss_release_cred(*mut u32, *mut Credential) -> u32;
        fn gss_init_sec_context(
            *mut u32, Credential, *mut Context, Name, *const Oid, u32, u32, *const c_void, *const Buffer,
            *mut *const Oid, *mut Buffer, *mut u32, *mut u32,
        ) -> u32;
        fn gss_accept_sec_context(
            *mut u32, *mut Context, Credential, *const Buffer, *const c_void, *mut Name, *mut *const Oid, *mut Buffer,
            *mut u32, *mut u32, *mut Credential,
        ) -> u32;
        fn gss_delete_sec_context(*mut u32, *mut Context, *mut Buffer) -> u32;
        fn gss_inquire_context(
            *mut u32, Context, *mut Name, *mut Name, *mut u32, *mut *const Oid, *mut u32, *mut c_int, *mut c_int,
        ) -> u32;
        fn gss_wrap(*mut u32, Context, c_int, u32, *const Buffer, *mut c_int, *mut Buffer) -> u32;
        fn gss_unwrap(*mut u32, Context, *const Buffer, *mut Buffer, *mut c_int, *mut u32) -> u32;
        fn gss_wrap_size_limit(*mut u32, Context, c_int, u32, u32, *mut u32) -> u32;
        fn gss_display_status(*mut u32, u32, c_int, *const Oid, *mut u32, *mut Buffer) -> u32;
    }
}
