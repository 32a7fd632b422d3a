//! A module, compiled and checked.

use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::ArrayRef;
use wasmtime::{Config, Engine, ExternType, Module, ValType};

use crate::abi::ColumnType;
use crate::error::UdfError;
use crate::instance::Instance;
use crate::limits::Limits;

/// The version of the interface.
pub const ABI_VERSION: i32 = 1;
/// Larger modules are refused before they are compiled.
const MAX_BYTES: usize = 32 << 20;
/// How often running calls are asked whether their time is over.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Stack of a module; task threads have more.
const STACK_BYTES: usize = 256 << 10;
/// Idle instances that are kept.
const KEPT_INSTANCES: usize = 16;

/// One compiler for all modules of the process. No signal handlers and no large reservations of address space: the process has
/// handlers of its own, and YARN counts address space.
static ENGINE: LazyLock<Result<Engine, String>> = LazyLock::new(|| {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(STACK_BYTES)
        .signals_based_traps(false)
        .memory_reservation(0)
        .memory_reservation_for_growth(1 << 20)
        .memory_guard_size(0)
        .memory_init_cow(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false);
    let engine = Engine::new(&config).map_err(|error| error.to_string())?;
    let ticking = engine.clone();
    std::thread::Builder::new()
        .name("alpheus-udf-clock".to_owned())
        .stack_size(64 << 10)
        .spawn(move || {
            loop {
                std::thread::sleep(TICK);
                ticking.increment_epoch();
            }
        })
        .map_err(|error| error.to_string())?;
    Ok(engine)
});

/// A compiled module with its limits and its idle instances.
pub struct Code {
    module: Module,
    limits: Limits,
    idle: Mutex<Vec<Instance>>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("limits", &self.limits)
            .finish()
    }
}

impl Code {
    /// Compiles a module and checks that it imports nothing and exports what the interface asks for.
    ///
    /// # Errors
    /// When it is refused.
    pub fn compile(bytes: &[u8], limits: Limits) -> Result<Code, UdfError> {
        let invalid = |reason: String| UdfError::Invalid { reason };
        if bytes.len() > MAX_BYTES {
            return Err(invalid(format!("it has more than {} MiB", MAX_BYTES >> 20)));
        }
        if !bytes.starts_with(b"\0asm") {
            return Err(invalid("it does not begin with \"\\0asm\"".to_owned()));
        }
        let engine = ENGINE.as_ref().map_err(|reason| invalid(reason.clone()))?;
        let module =
            Module::from_binary(engine, bytes).map_err(|error| invalid(one_line(&error)))?;
        if let Some(import) = module.imports().next() {
            return Err(UdfError::Import {
                module: import.module().to_owned(),
                name: import.name().to_owned(),
            });
        }
        let code = Code {
            module,
            limits,
            idle: Mutex::new(Vec::new()),
        };
        if !matches!(
            code.module.get_export("memory"),
            Some(ExternType::Memory(_))
        ) {
            return Err(UdfError::Export {
                what: "its memory as 'memory'".to_owned(),
            });
        }
        code.need("alpheus_abi", &[], &[ValType::I32])?;
        code.need("alpheus_describe", &[], &[ValType::I64])?;
        code.need("alpheus_alloc", &[ValType::I32], &[ValType::I32])?;
        code.need("alpheus_reset", &[], &[])?;
        let found = code.with_instance(|instance| instance.version())?;
        if found != ABI_VERSION {
            return Err(UdfError::Version {
                found,
                known: ABI_VERSION,
            });
        }
        Ok(code)
    }

    /// Whether it exports a function over columns of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.need(
            name,
            &[ValType::I32, ValType::I32, ValType::I32],
            &[ValType::I32],
        )
        .is_ok()
    }

    /// Checks that it exports a function over columns of that name.
    pub(crate) fn need_entry(&self, name: &str) -> Result<(), UdfError> {
        self.need(
            name,
            &[ValType::I32, ValType::I32, ValType::I32],
            &[ValType::I32],
        )
    }

    fn need(&self, name: &str, params: &[ValType], results: &[ValType]) -> Result<(), UdfError> {
        fn fits(found: impl ExactSizeIterator<Item = ValType>, wanted: &[ValType]) -> bool {
            found.len() == wanted.len()
                && found
                    .zip(wanted)
                    .all(|(found, wanted)| ValType::eq(&found, wanted))
        }
        let found = match self.module.get_export(name) {
            Some(ExternType::Func(ty)) => fits(ty.params(), params) && fits(ty.results(), results),
            _ => false,
        };
        if found {
            return Ok(());
        }
        let list = |types: &[ValType]| {
            let names: Vec<String> = types.iter().map(ToString::to_string).collect();
            names.join(", ")
        };
        Err(UdfError::Export {
            what: format!(
                "a function '{name}({}) -> ({})'",
                list(params),
                list(results)
            ),
        })
    }

    /// Calls a function over columns: `args` in, a column of `rows_out` values out; `rows` is what the function is told.
    ///
    /// # Errors
    /// When it fails, reaches a limit, or answers what is no such column.
    pub fn call(
        &self,
        entry: &str,
        args: &[ArrayRef],
        rows: usize,
        result: &ColumnType,
        rows_out: usize,
    ) -> Result<ArrayRef, UdfError> {
        self.with_instance(|instance| instance.call(entry, args, rows, result, rows_out))
    }

    /// Runs `call` with an idle instance, or a new one. An instance in which something failed is not used again.
    pub(crate) fn with_instance<T>(
        &self,
        call: impl FnOnce(&mut Instance) -> Result<T, UdfError>,
    ) -> Result<T, UdfError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let mut instance = match kept {
            Some(instance) => instance,
            None => Instance::start(&self.module, &self.limits)?,
        };
        let result = call(&mut instance)?;
        let mut idle = idle();
        if idle.len() < KEPT_INSTANCES {
            idle.push(instance);
        }
        Ok(result)
    }
}

/// An error of the compiler without its line breaks.
fn one_line(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
