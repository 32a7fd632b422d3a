//! Tickets, caches and keytabs.
//!
//! A context of the library belongs to one thread; each call here makes its own, which costs the reading of
//! krb5.conf and is done a few times an hour.

use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::KerberosError;
use super::krb5_ffi::{self as ffi, Code, Creds, Krb5};

/// What is known of a ticket-granting ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose it is.
    pub principal: String,
    /// From when it is valid.
    pub start: SystemTime,
    /// Until when.
    pub end: SystemTime,
    /// Until when it can be renewed, if it can.
    pub renew_until: Option<SystemTime>,
    /// Whether it may be forwarded.
    pub forwardable: bool,
}

/// A key of a keytab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeytabEntry {
    /// Whose it is.
    pub principal: String,
    /// Its version.
    pub version: u32,
    /// The number of its encryption type: 17 and 18 are AES, 23 is RC4.
    pub enctype: i32,
    /// When it was written.
    pub time: SystemTime,
}

/// The realm that krb5.conf names as default.
///
/// # Errors
/// If the library is not there or krb5.conf names none.
pub fn default_realm() -> Result<String, KerberosError> {
    let context = Context::new()?;
    let mut realm = ptr::null_mut();
    // SAFETY: the context is live; the text is freed below, once.
    let code = unsafe { (context.krb5.krb5_get_default_realm)(context.raw, &raw mut realm) };
    context.check("find the default realm", code)?;
    let text = text_of(realm);
    // SAFETY: the text is the library's and not used any more.
    unsafe { (context.krb5.krb5_free_default_realm)(context.raw, realm) };
    Ok(text)
}

/// The KDCs that krb5.conf names for a realm, as written there. None if it names none: then they are found by DNS.
///
/// # Errors
/// If the library is not there or krb5.conf cannot be read.
pub fn kdcs_of(realm: &str) -> Result<Vec<String>, KerberosError> {
    let context = Context::new()?;
    let realm = c_string(realm)?;
    let mut profile = ptr::null_mut();
    // SAFETY: the context is live; the profile is released below, once.
    let code = unsafe { (context.krb5.krb5_get_profile)(context.raw, &raw mut profile) };
    context.check("read krb5.conf", code)?;
    let names = [
        c"realms".as_ptr(),
        realm.as_ptr(),
        c"kdc".as_ptr(),
        ptr::null(),
    ];
    let mut values = ptr::null_mut();
    // SAFETY: the profile is live, the names are C strings with a null at their end; on success the list is the library's.
    let code =
        unsafe { (context.krb5.profile_get_values)(profile, names.as_ptr(), &raw mut values) };
    let mut found = Vec::new();
    // Anything but success says that there are none.
    if code == 0 && !values.is_null() {
        let mut at = values;
        // SAFETY: the list ends with a null, and its elements are C strings.
        unsafe {
            while !(*at).is_null() {
                found.push(text_of(*at));
                at = at.add(1);
            }
            (context.krb5.profile_free_list)(values);
        }
    }
    // SAFETY: the profile is not used any more.
    unsafe { (context.krb5.profile_release)(profile) };
    Ok(found)
}

/// The keys of a keytab.
///
/// # Errors
/// If the keytab cannot be read.
pub fn keytab_entries(keytab: &Path) -> Result<Vec<KeytabEntry>, KerberosError> {
    let context = Context::new()?;
    let keytab = Keytab::open(&context, keytab)?;
    let action = format!("read the keytab {}", keytab.path);
    let mut cursor = ptr::null_mut();
    // SAFETY: context and keytab are live; the cursor is ended below.
    let code =
        unsafe { (context.krb5.krb5_kt_start_seq_get)(context.raw, keytab.raw, &raw mut cursor) };
    context.check(&action, code)?;
    let mut entries = Vec::new();
    loop {
        let mut entry = MaybeUninit::<ffi::KeytabEntry>::zeroed();
        // SAFETY: all are live; on success the entry is filled.
        let code = unsafe {
            (context.krb5.krb5_kt_next_entry)(
                context.raw,
                keytab.raw,
                entry.as_mut_ptr(),
                &raw mut cursor,
            )
        };
        if code != 0 {
            break;
        }
        // SAFETY: the call succeeded, so the entry is filled; its contents are freed once, after their last use.
        let mut entry = unsafe { entry.assume_init() };
        let principal = context.unparse(entry.principal);
        let (version, enctype, time) = (entry.version, entry.key.enctype, time_of(entry.timestamp));
        // SAFETY: as above.
        unsafe { (context.krb5.krb5_free_keytab_entry_contents)(context.raw, &raw mut entry) };
        entries.push(KeytabEntry {
            principal: principal?,
            version,
            enctype,
            time,
        });
    }
    // SAFETY: the cursor was started and is ended once.
    unsafe { (context.krb5.krb5_kt_end_seq_get)(context.raw, keytab.raw, &raw mut cursor) };
    Ok(entries)
}

/// The ticket-granting ticket of a cache, or of the default cache.
///
/// # Errors
/// If the cache cannot be read or has none.
pub fn ticket_of_cache(cache: Option<&str>) -> Result<Ticket, KerberosError> {
    let context = Context::new()?;
    let cache = Cache::open(&context, cache)?;
    cache.ticket()
}

/// The full name of a cache, or of the default cache, and its principal.
pub(super) fn cache_and_principal(cache: Option<&str>) -> Result<(String, String), KerberosError> {
    let context = Context::new()?;
    let cache = Cache::open(&context, cache)?;
    Ok((cache.name.clone(), cache.principal()?.text()?))
}

/// Gets a ticket with the keys of a keytab, and then puts it into a cache in the place of all that was there.
/// `storing` is held while the cache is changed, but not while the KDC is asked.
pub(super) fn login_from_keytab<G>(
    keytab: &Path,
    principal: &str,
    cache: &str,
    storing: impl FnOnce() -> G,
) -> Result<Ticket, KerberosError> {
    let context = Context::new()?;
    let keytab = Keytab::open(&context, keytab)?;
    let client = Principal::parse(&context, principal)?;
    let mut options = ptr::null_mut();
    // SAFETY: the context is live; the options are freed below, once.
    let code =
        unsafe { (context.krb5.krb5_get_init_creds_opt_alloc)(context.raw, &raw mut options) };
    context.check("prepare a login", code)?;
    let mut creds = OwnedCreds::new(&context);
    // SAFETY: everything is live; a null service means the ticket-granting one; on failure the credentials stay
    // empty.
    let code = unsafe {
        (context.krb5.krb5_get_init_creds_opt_set_forwardable)(options, 1);
        let code = (context.krb5.krb5_get_init_creds_keytab)(
            context.raw,
            &raw mut creds.raw,
            client.raw,
            keytab.raw,
            0,
            ptr::null(),
            options,
        );
        (context.krb5.krb5_get_init_creds_opt_free)(context.raw, options);
        code
    };
    context.check(&format!("log {principal} in with {}", keytab.path), code)?;
    let cache = Cache::open(&context, Some(cache))?;
    let held = storing();
    cache.replace(&client, &mut creds)?;
    drop(held);
    creds.ticket()
}

/// Renews the ticket of a cache, as `kinit -R` does.
pub(super) fn renew<G>(cache: &str, storing: impl FnOnce() -> G) -> Result<Ticket, KerberosError> {
    let context = Context::new()?;
    let cache = Cache::open(&context, Some(cache))?;
    let client = cache.principal()?;
    let mut creds = OwnedCreds::new(&context);
    // SAFETY: everything is live; a null service means the ticket-granting one.
    let code = unsafe {
        (context.krb5.krb5_get_renewed_creds)(
            context.raw,
            &raw mut creds.raw,
            client.raw,
            cache.raw,
            ptr::null(),
        )
    };
    context.check(&format!("renew the ticket in {}", cache.name), code)?;
    let held = storing();
    cache.replace(&client, &mut creds)?;
    drop(held);
    creds.ticket()
}

/// Removes a cache.
pub(super) fn destroy(cache: &str) -> Result<(), KerberosError> {
    let context = Context::new()?;
    let mut cache = Cache::open(&context, Some(cache))?;
    let raw = std::mem::replace(&mut cache.raw, ptr::null_mut());
    // SAFETY: the cache is live, and destroying it frees the handle, which is not used any more.
    let code = unsafe { (context.krb5.krb5_cc_destroy)(context.raw, raw) };
    context.check("remove a ticket cache", code)
}

fn time_of(seconds: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.into())
}

fn c_string(text: &str) -> Result<CString, KerberosError> {
    CString::new(text).map_err(|_| KerberosError::ZeroByte(text.to_owned()))
}

/// Copies a text of the library's.
fn text_of(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, so a C string of the library's, which stays while it is copied.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

/// The library's state for one thread.
struct Context {
    krb5: &'static Krb5,
    raw: ffi::Context,
}

impl Context {
    fn new() -> Result<Self, KerberosError> {
        let krb5 = Krb5::get()?;
        let mut raw = ptr::null_mut();
        // SAFETY: the pointer is to a live local; the context is freed by its owner.
        let code = unsafe { (krb5.krb5_init_context)(&raw mut raw) };
        let context = Context { krb5, raw };
        context.check("read krb5.conf", code)?;
        Ok(context)
    }

    fn check(&self, action: &str, code: Code) -> Result<(), KerberosError> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: a null context is allowed here; the text is freed once, after it was copied.
        let message = unsafe {
            let text = (self.krb5.krb5_get_error_message)(self.raw, code);
            let message = text_of(text);
            (self.krb5.krb5_free_error_message)(self.raw, text);
            message
        };
        Err(KerberosError::Failed {
            action: action.to_owned(),
            message,
            code,
        })
    }

    fn unparse(&self, principal: ffi::Principal) -> Result<String, KerberosError> {
        let mut text = ptr::null_mut();
        // SAFETY: context and principal are live; the text is freed once, after it was copied.
        let code = unsafe { (self.krb5.krb5_unparse_name)(self.raw, principal, &raw mut text) };
        self.check("show a principal", code)?;
        let name = text_of(text);
        // SAFETY: as above.
        unsafe { (self.krb5.krb5_free_unparsed_name)(self.raw, text) };
        Ok(name)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: the context is ours, everything made in it has been freed, and it is freed once.
            unsafe { (self.krb5.krb5_free_context)(self.raw) };
        }
    }
}

struct Principal<'a> {
    context: &'a Context,
    raw: ffi::Principal,
}

impl<'a> Principal<'a> {
    fn parse(context: &'a Context, text: &str) -> Result<Self, KerberosError> {
        let name = c_string(text)?;
        let mut principal = Principal {
            context,
            raw: ptr::null_mut(),
        };
        // SAFETY: context and name are live; the principal is freed by its owner.
        let code = unsafe {
            (context.krb5.krb5_parse_name)(context.raw, name.as_ptr(), &raw mut principal.raw)
        };
        context.check(&format!("use '{text}' as a principal"), code)?;
        Ok(principal)
    }

    fn text(&self) -> Result<String, KerberosError> {
        self.context.unparse(self.raw)
    }
}

impl Drop for Principal<'_> {
    fn drop(&mut self) {
        // SAFETY: the principal is null or ours, and is freed once.
        unsafe { (self.context.krb5.krb5_free_principal)(self.context.raw, self.raw) };
    }
}

struct Keytab<'a> {
    context: &'a Context,
    raw: ffi::Keytab,
    path: String,
}

impl<'a> Keytab<'a> {
    fn open(context: &'a Context, path: &Path) -> Result<Self, KerberosError> {
        let path = path.display().to_string();
        let name = c_string(&format!("FILE:{path}"))?;
        let mut keytab = Keytab {
            context,
            raw: ptr::null_mut(),
            path,
        };
        // SAFETY: context and name are live; the keytab is closed by its owner.
        let code = unsafe {
            (context.krb5.krb5_kt_resolve)(context.raw, name.as_ptr(), &raw mut keytab.raw)
        };
        context.check(&format!("open the keytab {}", keytab.path), code)?;
        Ok(keytab)
    }
}

impl Drop for Keytab<'_> {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: the keytab is ours and is closed once.
            unsafe { (self.context.krb5.krb5_kt_close)(self.context.raw, self.raw) };
        }
    }
}

struct Cache<'a> {
    context: &'a Context,
    raw: ffi::Cache,
    name: String,
}

impl<'a> Cache<'a> {
    fn open(context: &'a Context, name: Option<&str>) -> Result<Self, KerberosError> {
        let mut cache = Cache {
            context,
            raw: ptr::null_mut(),
            name: name.unwrap_or("the default cache").to_owned(),
        };
        let code = match name {
            Some(name) => {
                let name = c_string(name)?;
                // SAFETY: context and name are live; the cache is closed by its owner.
                unsafe {
                    (context.krb5.krb5_cc_resolve)(context.raw, name.as_ptr(), &raw mut cache.raw)
                }
            }
            // SAFETY: as above.
            None => unsafe { (context.krb5.krb5_cc_default)(context.raw, &raw mut cache.raw) },
        };
        context.check(&format!("open the ticket cache {}", cache.name), code)?;
        let mut full = ptr::null_mut();
        // SAFETY: context and cache are live; the text is freed once, after it was copied.
        let code =
            unsafe { (context.krb5.krb5_cc_get_full_name)(context.raw, cache.raw, &raw mut full) };
        context.check(&format!("open the ticket cache {}", cache.name), code)?;
        cache.name = text_of(full);
        // SAFETY: as above.
        unsafe { (context.krb5.krb5_free_string)(context.raw, full) };
        Ok(cache)
    }

    fn principal(&self) -> Result<Principal<'a>, KerberosError> {
        let mut principal = Principal {
            context: self.context,
            raw: ptr::null_mut(),
        };
        // SAFETY: context and cache are live; the principal is freed by its owner.
        let code = unsafe {
            (self.context.krb5.krb5_cc_get_principal)(
                self.context.raw,
                self.raw,
                &raw mut principal.raw,
            )
        };
        self.context
            .check(&format!("read the ticket cache {}", self.name), code)?;
        Ok(principal)
    }

    /// The ticket-granting ticket: of several (an expired one may lie beside a new one) the one that ends last.
    fn ticket(&self) -> Result<Ticket, KerberosError> {
        let Context { krb5, raw: context } = self.context;
        let action = format!("read the ticket cache {}", self.name);
        let owner = self.principal()?.text()?;
        let realm = owner
            .rsplit_once('@')
            .map(|(_, realm)| realm.to_owned())
            .unwrap_or_default();
        let granting = format!("krbtgt/{realm}@{realm}");
        let mut cursor = ptr::null_mut();
        // SAFETY: context and cache are live; the cursor is ended below.
        let code = unsafe { (krb5.krb5_cc_start_seq_get)(*context, self.raw, &raw mut cursor) };
        self.context.check(&action, code)?;
        let mut best: Option<Ticket> = None;
        loop {
            let mut creds = OwnedCreds::new(self.context);
            // SAFETY: all are live; on success the credentials are filled and freed by their owner.
            let code = unsafe {
                (krb5.krb5_cc_next_cred)(*context, self.raw, &raw mut cursor, &raw mut creds.raw)
            };
            if code != 0 {
                break;
            }
            if self
                .context
                .unparse(creds.raw.server)
                .is_ok_and(|server| server == granting)
                && let Ok(ticket) = creds.ticket()
                && best.as_ref().is_none_or(|known| known.end < ticket.end)
            {
                best = Some(ticket);
            }
        }
        // SAFETY: the cursor was started and is ended once.
        unsafe { (krb5.krb5_cc_end_seq_get)(*context, self.raw, &raw mut cursor) };
        best.ok_or_else(|| KerberosError::NoTicket {
            cache: self.name.clone(),
        })
    }

    /// Empties the cache and stores one ticket in it.
    fn replace(
        &self,
        owner: &Principal<'_>,
        creds: &mut OwnedCreds<'_>,
    ) -> Result<(), KerberosError> {
        let Context { krb5, raw: context } = self.context;
        let action = format!("write the ticket cache {}", self.name);
        // SAFETY: everything is live; the cache copies what it is given.
        let code = unsafe { (krb5.krb5_cc_initialize)(*context, self.raw, owner.raw) };
        self.context.check(&action, code)?;
        // SAFETY: as above.
        let code = unsafe { (krb5.krb5_cc_store_cred)(*context, self.raw, &raw mut creds.raw) };
        self.context.check(&action, code)
    }
}

impl Drop for Cache<'_> {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: the cache is ours and is closed once; its content stays.
            unsafe { (self.context.krb5.krb5_cc_close)(self.context.raw, self.raw) };
        }
    }
}

/// Credentials whose contents the library allocated.
struct OwnedCreds<'a> {
    context: &'a Context,
    raw: Creds,
}

impl<'a> OwnedCreds<'a> {
    fn new(context: &'a Context) -> Self {
        // SAFETY: the struct holds numbers and pointers only, for which zero is a value; the library itself asks for
        // empty credentials to be zeroed.
        let raw = unsafe { MaybeUninit::<Creds>::zeroed().assume_init() };
        OwnedCreds { context, raw }
    }

    fn ticket(&self) -> Result<Ticket, KerberosError> {
        let times = &self.raw.times;
        let at = |seconds: i32| time_of(seconds as u32);
        Ok(Ticket {
            principal: self.context.unparse(self.raw.client)?,
            start: at(if times.starttime == 0 {
                times.authtime
            } else {
                times.starttime
            }),
            end: at(times.endtime),
            renew_until: (self.raw.ticket_flags & ffi::RENEWABLE != 0)
                .then(|| at(times.renew_till)),
            forwardable: self.raw.ticket_flags & ffi::FORWARDABLE != 0,
        })
    }
}

impl Drop for OwnedCreds<'_> {
    fn drop(&mut self) {
        // SAFETY: the contents are zero or the library's, and are freed once; keys are zeroed by the library.
        unsafe { (self.context.krb5.krb5_free_cred_contents)(self.context.raw, &raw mut self.raw) };
    }
}
