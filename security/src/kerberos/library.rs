//! Opening a shared library and looking its functions up.

use std::ffi::{CStr, c_void};

use super::KerberosError;

/// An open library. It stays open for the life of the process: its functions are kept.
pub(super) struct Library {
    handle: *mut c_void,
    name: &'static CStr,
}

fn name_of(name: &'static CStr) -> &'static str {
    name.to_str().unwrap_or("a library")
}

/// What the loader said last.
fn last_error() -> String {
    // SAFETY: dlerror gives null or a C string that stays until the next call of the loader on this thread.
    let message = unsafe { libc::dlerror() };
    if message.is_null() {
        "no reason given".to_owned()
    } else {
        // SAFETY: not null, see above; copied at once.
        unsafe { CStr::from_ptr(message) }
            .to_string_lossy()
            .into_owned()
    }
}

impl Library {
    pub(super) fn open(name: &'static CStr) -> Result<Self, KerberosError> {
        // SAFETY: the name is a C string; the library's initializers are those of MIT Kerberos, which any program may
        // run at any time.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            return Err(KerberosError::Library {
                library: name_of(name),
                reason: last_error(),
            });
        }
        Ok(Library { handle, name })
    }

    /// The address of a function.
    pub(super) fn symbol(&self, symbol: &'static CStr) -> Result<*mut c_void, KerberosError> {
        // SAFETY: the handle is of an open library and the symbol a C string.
        let address = unsafe { libc::dlsym(self.handle, symbol.as_ptr()) };
        if address.is_null() {
            return Err(KerberosError::Library {
                library: name_of(self.name),
                reason: last_error(),
            });
        }
        Ok(address)
    }
}

/// Declares a struct of functions of a library, and how it is filled.
macro_rules! functions {
    (
        $(#[$meta:meta])*
        $table:ident of $library:literal {
            $( fn $name:ident($($argument:ty),* $(,)?) $(-> $result:ty)?; )+
        }
    ) => {
        $(#[$meta])*
        #[allow(clippy::type_complexity)]
        pub(super) struct $table {
            $( pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $result)?, )+
        }

        impl $table {
            /// The functions, looked up once.
            pub(super) fn get() -> Result<&'static Self, $crate::kerberos::KerberosError> {
                static TABLE: std::sync::OnceLock<Result<$table, $crate::kerberos::KerberosError>> =
                    std::sync::OnceLock::new();
                TABLE.get_or_init(Self::load).as_ref().map_err(Clone::clone)
            }

            fn load() -> Result<Self, $crate::kerberos::KerberosError> {
                let library = $crate::kerberos::library::Library::open($library)?;
                Ok($table {
                    $( $name: {
                        const NAME: &str = concat!(stringify!($name), "\0");
                        let name = std::ffi::CStr::from_bytes_with_nul(NAME.as_bytes())
                            .expect("the name of a function has one zero byte, at its end");
                        let address = library.symbol(name)?;
                        // SAFETY: the declaration above is that of the library's public header, and an address of a
                        // function is as large as a pointer to data on every system that has this library.
                        unsafe {
                            std::mem::transmute::<
                                *mut std::ffi::c_void,
                                unsafe extern "C" fn($($argument),*) $(-> $result)?,
                            >(address)
                        }
                    }, )+
                })
            }
        }
    };
}
pub(super) use functions;
