//! Security contexts (RFC 2743) with the mechanism Kerberos 5.
//!
//! Safe owners around the library's handles. A context is used by one thread at a time (its methods take `&mut`);
//! different contexts are independent.

use std::ffi::{CString, c_int, c_void};
use std::ptr;

use super::KerberosError;
use super::gss_ffi::{self as ffi, Buffer, Gss, KeyValue, KeyValueSet, Oid, OidSet};

/// Turns a major and minor status into an error, in the library's words.
fn check(
    gss: &Gss,
    action: impl Into<String>,
    major: u32,
    minor: u32,
) -> Result<(), KerberosError> {
    if major & ffi::ERROR_MASK == 0 {
        return Ok(());
    }
    let mut messages = Vec::new();
    for (status, of) in [(minor, ffi::STATUS_MECHANISM), (major, ffi::STATUS_GSS)] {
        if status != 0 && messages.is_empty() {
            messages.extend(status_text(gss, status, of));
        }
    }
    let message = if messages.is_empty() {
        format!("status {major:#x}/{minor:#x}")
    } else {
        messages.join(": ")
    };
    Err(KerberosError::Failed {
        action: action.into(),
        message,
        code: minor as i32,
    })
}

fn status_text(gss: &Gss, status: u32, of: c_int) -> Option<String> {
    let mut buffer = OwnedBuffer::new(gss);
    let (mut minor, mut more) = (0, 0);
    // SAFETY: all pointers are to live locals; the buffer is released by its owner.
    let major = unsafe {
        (gss.gss_display_status)(
            &raw mut minor,
            status,
            of,
            &raw const ffi::KRB5,
            &raw mut more,
            &raw mut buffer.raw,
        )
    };
    let text = String::from_utf8_lossy(buffer.bytes()).into_owned();
    (major & ffi::ERROR_MASK == 0 && !text.is_empty()).then_some(text)
}

/// A buffer that the library filled and must free.
struct OwnedBuffer<'a> {
    gss: &'a Gss,
    raw: Buffer,
}

impl<'a> OwnedBuffer<'a> {
    fn new(gss: &'a Gss) -> Self {
        OwnedBuffer {
            gss,
            raw: Buffer {
                length: 0,
                value: ptr::null_mut(),
            },
        }
    }

    fn bytes(&self) -> &[u8] {
        if self.raw.value.is_null() || self.raw.length == 0 {
            return &[];
        }
        // SAFETY: the library says that `length` bytes lie at `value`, and they stay until the release in drop.
        unsafe { std::slice::from_raw_parts(self.raw.value.cast::<u8>(), self.raw.length) }
    }
}

impl Drop for OwnedBuffer<'_> {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the buffer is empty or the library's own, and is released once.
        unsafe { (self.gss.gss_release_buffer)(&raw mut minor, &raw mut self.raw) };
    }
}

/// A buffer over bytes of ours, which the library only reads.
fn borrowed(bytes: &[u8]) -> Buffer {
    Buffer {
        length: bytes.len(),
        value: bytes.as_ptr().cast_mut().cast(),
    }
}

/// A principal's name.
pub struct Name {
    gss: &'static Gss,
    raw: ffi::Name,
}

// SAFETY: a name is plain data behind a pointer; the library keeps nothing of it per thread.
unsafe impl Send for Name {}

impl Name {
    /// A principal, such as `rm/host@REALM`. The name is taken as it stands: no name service is asked about its
    /// host, unless the realm is missing, which is then the one that krb5.conf has for the host.
    ///
    /// # Errors
    /// If the library is not there or takes no such name.
    pub fn principal(principal: &str) -> Result<Self, KerberosError> {
        match principal.split_once('/') {
            Some((service, host)) if !principal.contains('@') => {
                Self::import(&format!("{service}@{host}"), &ffi::HOST_BASED_SERVICE)
            }
            _ => Self::import(principal, &ffi::PRINCIPAL),
        }
    }

    fn import(text: &str, kind: &Oid) -> Result<Self, KerberosError> {
        let gss = Gss::get()?;
        let mut name = Name {
            gss,
            raw: ptr::null_mut(),
        };
        let bytes = borrowed(text.as_bytes());
        let mut minor = 0;
        // SAFETY: the buffer and the identifier live through the call; the name is owned from here on.
        let major = unsafe {
            (gss.gss_import_name)(&raw mut minor, &raw const bytes, kind, &raw mut name.raw)
        };
        check(gss, format!("use '{text}' as a name"), major, minor)?;
        Ok(name)
    }

    /// The name as text.
    ///
    /// # Errors
    /// If the library cannot show it.
    pub fn display(&self) -> Result<String, KerberosError> {
        let mut buffer = OwnedBuffer::new(self.gss);
        let (mut minor, mut kind) = (0, ptr::null());
        // SAFETY: the name is live; the buffer is released by its owner; the identifier is static memory.
        let major = unsafe {
            (self.gss.gss_display_name)(
                &raw mut minor,
                self.raw,
                &raw mut buffer.raw,
                &raw mut kind,
            )
        };
        check(self.gss, "show a name", major, minor)?;
        Ok(String::from_utf8_lossy(buffer.bytes()).into_owned())
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the name is null or ours, and is released once.
        unsafe { (self.gss.gss_release_name)(&raw mut minor, &raw mut self.raw) };
    }
}

/// A credential: the right to speak as someone, or to be spoken to.
pub struct Credential {
    gss: &'static Gss,
    raw: ffi::Credential,
}

// SAFETY: the library locks credentials itself; they may be used from any thread.
unsafe impl Send for Credential {}
// SAFETY: as above.
unsafe impl Sync for Credential {}

impl Credential {
    /// The credential of a client whose tickets lie in a cache (`FILE:...`, `MEMORY:...`, `KCM:...`), or in the
    /// process's default cache.
    ///
    /// # Errors
    /// If there is no usable ticket.
    pub fn of_cache(cache: Option<&str>) -> Result<Self, KerberosError> {
        let what = cache.unwrap_or("the default ticket cache");
        Self::acquire(
            ffi::INITIATE,
            cache.map(|cache| (c"ccache".as_ptr(), cache)),
            format!("use the tickets of {what}"),
        )
    }

    /// The credential of a server whose keys lie in a keytab.
    ///
    /// # Errors
    /// If the keytab cannot be used.
    pub fn of_server(keytab: &str) -> Result<Self, KerberosError> {
        Self::acquire(
            ffi::ACCEPT,
            Some((c"keytab".as_ptr(), keytab)),
            format!("use the keys of {keytab}"),
        )
    }

    fn acquire(
        usage: c_int,
        store: Option<(*const std::ffi::c_char, &str)>,
        action: String,
    ) -> Result<Self, KerberosError> {
        let gss = Gss::get()?;
        let value = match store {
            Some((_, value)) => {
                Some(CString::new(value).map_err(|_| KerberosError::ZeroByte(value.to_owned()))?)
            }
            None => None,
        };
        let element = store.zip(value.as_ref()).map(|((key, _), value)| KeyValue {
            key,
            value: value.as_ptr(),
        });
        let set = element.as_ref().map(|element| KeyValueSet {
            count: 1,
            elements: element,
        });
        let mechanisms = OidSet {
            count: 1,
            elements: &raw const ffi::KRB5,
        };
        let mut credential = Credential {
            gss,
            raw: ptr::null_mut(),
        };
        let mut minor = 0;
        // SAFETY: the sets and what they point to are locals that live through the call; the optional results are
        // null, which the function allows.
        let major = unsafe {
            (gss.gss_acquire_cred_from)(
                &raw mut minor,
                ptr::null_mut(),
                u32::MAX,
                &raw const mechanisms,
                usage,
                set.as_ref().map_or(ptr::null(), ptr::from_ref),
                &raw mut credential.raw,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        check(gss, action, major, minor)?;
        Ok(credential)
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the credential is null or ours, and is released once.
        unsafe { (self.gss.gss_release_cred)(&raw mut minor, &raw mut self.raw) };
    }
}

/// A security context: an authenticated pair.
pub struct Context {
    gss: &'static Gss,
    raw: ffi::Context,
    credential: Credential,
    /// Whom a client wants; `None` for a server.
    target: Option<Name>,
    flags: u32,
    established: bool,
}

// SAFETY: a context is used through `&mut` alone, so by one thread at a time, which is all that the library asks.
unsafe impl Send for Context {}

impl Context {
    /// The context of a client that wants to speak to a principal.
    ///
    /// # Errors
    /// If the library is not there.
    pub fn client(credential: Credential, target: Name) -> Result<Self, KerberosError> {
        Self::new(credential, Some(target))
    }

    /// The context of a server.
    ///
    /// # Errors
    /// If the library is not there.
    pub fn server(credential: Credential) -> Result<Self, KerberosError> {
        Self::new(credential, None)
    }

    fn new(credential: Credential, target: Option<Name>) -> Result<Self, KerberosError> {
        Ok(Context {
            gss: Gss::get()?,
            raw: ptr::null_mut(),
            credential,
            target,
            flags: 0,
            established: false,
        })
    }

    /// Takes the other side's message (empty for a client's first) and gives ours; may ask a KDC.
    ///
    /// # Errors
    /// If a ticket cannot be had or the other side is not who it should be.
    pub fn step(&mut self, input: &[u8]) -> Result<Vec<u8>, KerberosError> {
        let gss = self.gss;
        let mut output = OwnedBuffer::new(gss);
        let mut minor = 0;
        let token = borrowed(input);
        let (major, action) = match &self.target {
            Some(target) => {
                // SAFETY: context, credential and name are live and ours; the buffers live through the call; the
                // optional pointers are null where the function allows it.
                let major = unsafe {
                    (gss.gss_init_sec_context)(
                        &raw mut minor,
                        self.credential.raw,
                        &raw mut self.raw,
                        target.raw,
                        &raw const ffi::KRB5,
                        ffi::FLAGS,
                        0,
                        ptr::null::<c_void>(),
                        if input.is_empty() {
                            ptr::null()
                        } else {
                            &raw const token
                        },
                        ptr::null_mut(),
                        &raw mut output.raw,
                        &raw mut self.flags,
                        ptr::null_mut(),
                    )
                };
                (
                    major,
                    format!("authenticate with {}", target.display().unwrap_or_default()),
                )
            }
            None => {
                // SAFETY: as above.
                let major = unsafe {
                    (gss.gss_accept_sec_context)(
                        &raw mut minor,
                        &raw mut self.raw,
                        self.credential.raw,
                        &raw const token,
                        ptr::null::<c_void>(),
                        ptr::null_mut(),
                        ptr::null_mut(),
                        &raw mut output.raw,
                        &raw mut self.flags,
                        ptr::null_mut(),
                        ptr::null_mut(),
                    )
                };
                (major, "accept a client".to_owned())
            }
        };
        check(gss, action, major, minor)?;
        self.established = major & ffi::CONTINUE_NEEDED == 0;
        Ok(output.bytes().to_vec())
    }

    /// Whether both sides are authenticated.
    #[must_use]
    pub fn is_established(&self) -> bool {
        self.established
    }

    /// Whether the server proved itself too.
    #[must_use]
    pub fn is_mutual(&self) -> bool {
        self.flags & ffi::MUTUAL != 0
    }

    /// The names of both sides: the client's and the server's.
    ///
    /// # Errors
    /// If the context is not established.
    pub fn names(&self) -> Result<(String, String), KerberosError> {
        let empty = || Name {
            gss: self.gss,
            raw: ptr::null_mut(),
        };
        let (mut source, mut target) = (empty(), empty());
        let mut minor = 0;
        // SAFETY: the context is live; the names are owned from here on; what is not wanted is null.
        let major = unsafe {
            (self.gss.gss_inquire_context)(
                &raw mut minor,
                self.raw,
                &raw mut source.raw,
                &raw mut target.raw,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        check(self.gss, "look at a security context", major, minor)?;
        Ok((source.display()?, target.display()?))
    }

    /// Signs a message, and encrypts it if asked to.
    ///
    /// # Errors
    /// If the context is not established or has expired.
    pub fn wrap(&mut self, message: &[u8], encrypt: bool) -> Result<Vec<u8>, KerberosError> {
        let input = borrowed(message);
        let mut output = OwnedBuffer::new(self.gss);
        let (mut minor, mut encrypted) = (0, 0);
        // SAFETY: the context is live (or null, which is an error), the buffers live through the call.
        let major = unsafe {
            (self.gss.gss_wrap)(
                &raw mut minor,
                self.raw,
                c_int::from(encrypt),
                0,
                &raw const input,
                &raw mut encrypted,
                &raw mut output.raw,
            )
        };
        check(self.gss, "protect a message", major, minor)?;
        if encrypt && encrypted == 0 {
            let message = "this ticket's keys do not encrypt".to_owned();
            return Err(KerberosError::Failed {
                action: "protect a message".to_owned(),
                message,
                code: 0,
            });
        }
        Ok(output.bytes().to_vec())
    }

    /// Checks a message, decrypts it if it is encrypted, and says whether it was.
    ///
    /// # Errors
    /// If it was changed, repeated or lost, or the context has expired.
    pub fn unwrap(&mut self, message: &[u8]) -> Result<(Vec<u8>, bool), KerberosError> {
        let input = borrowed(message);
        let mut output = OwnedBuffer::new(self.gss);
        let (mut minor, mut encrypted) = (0, 0);
        // SAFETY: as in `wrap`.
        let major = unsafe {
            (self.gss.gss_unwrap)(
                &raw mut minor,
                self.raw,
                &raw const input,
                &raw mut output.raw,
                &raw mut encrypted,
                ptr::null_mut(),
            )
        };
        check(self.gss, "check a message", major, minor)?;
        // Repeated, old, out of sequence: supplementary bits, no errors to the library, but to us.
        if major != 0 {
            let message = format!("it is repeated or out of sequence (status {major:#x})");
            return Err(KerberosError::Failed {
                action: "check a message".to_owned(),
                message,
                code: 0,
            });
        }
        Ok((output.bytes().to_vec(), encrypted != 0))
    }

    /// Largest message whose protected form is not larger than `size`.
    ///
    /// # Errors
    /// If the context is not established.
    pub fn wrap_limit(&self, encrypt: bool, size: u32) -> Result<u32, KerberosError> {
        let (mut minor, mut limit) = (0, 0);
        // SAFETY: the context is live (or null, which is an error).
        let major = unsafe {
            (self.gss.gss_wrap_size_limit)(
                &raw mut minor,
                self.raw,
                c_int::from(encrypt),
                0,
                size,
                &raw mut limit,
            )
        };
        check(self.gss, "look at a security context", major, minor)?;
        Ok(limit)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the context is null or ours, and is deleted once; no last message is wanted.
        unsafe {
            (self.gss.gss_delete_sec_context)(&raw mut minor, &raw mut self.raw, ptr::null_mut())
        };
    }
}
