//! A module with a memory of its own, and how it is called.

use std::collections::HashMap;
use std::time::Duration;

use arrow::array::ArrayRef;
use wasmtime::{Memory, Module, Store, StoreLimits, StoreLimitsBuilder, Trap, TypedFunc};

use crate::abi::{self, ColumnType, RawColumn};
use crate::code::TICK;
use crate::error::UdfError;
use crate::limits::{FUEL_OPTION, Limits, MEMORY_OPTION, TIMEOUT_OPTION};

/// Longest text that a module may say of itself or of an error.
const MAX_TEXT: usize = 64 << 10;

/// A function over columns: where the arguments are, how many rows, where the answer goes; 0 for success.
type Entry = TypedFunc<(i32, i32, i32), i32>;

/// A module with its memory.
pub(crate) struct Instance {
    store: Store<StoreLimits>,
    instance: wasmtime::Instance,
    memory: Memory,
    alloc: TypedFunc<i32, i32>,
    reset: TypedFunc<(), ()>,
    entries: HashMap<String, Entry>,
    limits: Limits,
}

impl Instance {
    pub(crate) fn start(module: &Module, limits: &Limits) -> Result<Instance, UdfError> {
        let bounds = StoreLimitsBuilder::new()
            .memory_size(limits.memory)
            .table_elements(100_000)
            .instances(1)
            .memories(1)
            .trap_on_grow_failure(true)
            .build();
        let mut store = Store::new(module.engine(), bounds);
        store.limiter(|bounds| bounds);
        grant(&mut store, limits, 0)?;
        let failed = |error| explain(error, limits);
        let instance = wasmtime::Instance::new(&mut store, module, &[]).map_err(failed)?;
        let lacks = |what: &str| UdfError::Export {
            what: what.to_owned(),
        };
        let memory = instance.get_memory(&mut store, "memory");
        let memory = memory.ok_or_else(|| lacks("its memory as 'memory'"))?;
        let alloc = instance
            .get_typed_func(&mut store, "alpheus_alloc")
            .map_err(failed)?;
        let reset = instance
            .get_typed_func(&mut store, "alpheus_reset")
            .map_err(failed)?;
        Ok(Instance {
            store,
            instance,
            memory,
            alloc,
            reset,
            entries: HashMap::new(),
            limits: *limits,
        })
    }

    /// The version of the interface that it is made for.
    pub(crate) fn version(&mut self) -> Result<i32, UdfError> {
        let function: TypedFunc<(), i32> = self.export("alpheus_abi")?;
        grant(&mut self.store, &self.limits, 0)?;
        let answer = function.call(&mut self.store, ());
        answer.map_err(|error| explain(error, &self.limits))
    }

    /// What it says of its functions.
    pub(crate) fn describe(&mut self) -> Result<String, UdfError> {
        let function: TypedFunc<(), i64> = self.export("alpheus_describe")?;
        grant(&mut self.store, &self.limits, 0)?;
        let answer = function.call(&mut self.store, ());
        let place = answer.map_err(|error| explain(error, &self.limits))? as u64;
        let text = self.text(place as u32, (place >> 32) as u32);
        self.clean_up()?;
        text.ok_or_else(|| UdfError::Declaration {
            line: String::new(),
            reason: "'alpheus_describe' does not lead to text in its memory".to_owned(),
        })
    }

    /// Calls a function over columns: `args` in, a column of `rows_out` values out.
    pub(crate) fn call(
        &mut self,
        entry: &str,
        args: &[ArrayRef],
        rows: usize,
        result: &ColumnType,
        rows_out: usize,
    ) -> Result<ArrayRef, UdfError> {
        let function = match self.entries.get(entry) {
            Some(function) => function.clone(),
            None => {
                let function: Entry = self.export(entry)?;
                self.entries.insert(entry.to_owned(), function.clone());
                function
            }
        };
        grant(&mut self.store, &self.limits, rows.max(rows_out))?;
        let arguments = abi::lay_out(args)?;
        let too_large = || memory_limit(&self.limits);
        let size = i32::try_from(arguments.size()).map_err(|_| too_large())?;
        let limits = self.limits;
        let place = self.alloc.call(&mut self.store, size);
        let place = place.map_err(|error| explain(error, &limits))? as u32;
        if place == 0 || !place.is_multiple_of(abi::ALIGNMENT as u32) {
            return Err(UdfError::Trap {
                reason: format!(
                    "'alpheus_alloc' gave {place} for {size} bytes; it has to be a multiple of {} and not 0",
                    abi::ALIGNMENT
                ),
            });
        }
        let bytes = arguments.at(place);
        let written = self.memory.write(&mut self.store, place as usize, &bytes);
        written.map_err(|_| UdfError::Trap {
            reason: format!("'alpheus_alloc' gave {size} bytes at {place}, beyond its memory"),
        })?;
        let out = place + arguments.result_offset();
        let rows_in = i32::try_from(rows).map_err(|_| memory_limit(&limits))?;
        let code = function.call(&mut self.store, (place as i32, rows_in, out as i32));
        let code = code.map_err(|error| explain(error, &limits))?;
        let raw = RawColumn::read(self.memory.data(&self.store), out as usize);
        if code != 0 {
            let message = raw.and_then(|raw| self.text(raw.data, raw.rows));
            return Err(match message {
                Some(message) if !message.is_empty() => UdfError::Refused { message },
                _ => UdfError::Trap {
                    reason: format!("it answered with code {code}"),
                },
            });
        }
        let wrong = |reason: String| UdfError::Answer {
            ty: result.to_string(),
            rows: rows_out,
            reason,
        };
        let raw = raw.ok_or_else(|| wrong("its memory has shrunk".to_owned()))?;
        let column = raw
            .column(self.memory.data(&self.store), result, rows_out)
            .map_err(wrong)?;
        self.clean_up()?;
        Ok(column)
    }

    fn export<P, R>(&mut self, name: &str) -> Result<TypedFunc<P, R>, UdfError>
    where
        P: wasmtime::WasmParams,
        R: wasmtime::WasmResults,
    {
        let found = self.instance.get_typed_func(&mut self.store, name);
        found.map_err(|_| UdfError::Export {
            what: format!("a function '{name}' of the right type"),
        })
    }

    /// Lets the module forget what it has allocated for a call.
    fn clean_up(&mut self) -> Result<(), UdfError> {
        let done = self.reset.call(&mut self.store, ());
        done.map_err(|error| explain(error, &self.limits))
    }

    fn text(&self, place: u32, length: u32) -> Option<String> {
        let length = (length as usize).min(MAX_TEXT);
        let end = (place as usize).checked_add(length)?;
        let bytes = self.memory.data(&self.store).get(place as usize..end)?;
        String::from_utf8(bytes.to_vec()).ok()
    }
}

/// Gives a call what it may use.
fn grant(store: &mut Store<StoreLimits>, limits: &Limits, rows: usize) -> Result<(), UdfError> {
    let fuel = store.set_fuel(limits.fuel(rows));
    fuel.map_err(|error| explain(error, limits))?;
    let ticks = limits.timeout.as_nanos().div_ceil(TICK.as_nanos());
    store.set_epoch_deadline(
        u64::try_from(ticks)
            .unwrap_or(u64::MAX / 2)
            .saturating_add(1),
    );
    Ok(())
}

fn memory_limit(limits: &Limits) -> UdfError {
    UdfError::Limit {
        what: format!("it needs more than {} MiB of memory", limits.memory >> 20),
        option: MEMORY_OPTION,
    }
}

/// The engine's error in our words.
fn explain(error: wasmtime::Error, limits: &Limits) -> UdfError {
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => UdfError::Limit {
            what: format!(
                "it did more work than {} units of fuel a row allow",
                limits.fuel_per_row
            ),
            option: FUEL_OPTION,
        },
        Some(Trap::Interrupt) => UdfError::Limit {
            what: format!("it ran longer than {}", shown(limits.timeout)),
            option: TIMEOUT_OPTION,
        },
        Some(trap) => UdfError::Trap {
            reason: trap
                .to_string()
                .trim_start_matches("wasm trap: ")
                .to_owned(),
        },
        None => {
            let text = format!("{error:#}");
            let about_memory = text.contains("forcing trap when growing memory")
                || text.contains("memory minimum size")
                || text.contains("exceeds memory limits");
            match about_memory {
                true => memory_limit(limits),
                false => UdfError::Trap { reason: text },
            }
        }
    }
}

fn shown(time: Duration) -> String {
    match time.as_millis() {
        ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
        ms => format!("{ms} ms"),
    }
}
