//! Functions of users: where their module is, and what it says of them once it is loaded.

use std::sync::OnceLock;

use alpheus_dataflow::types::LogicalType;
use alpheus_dataflow::user_functions::{UserFunctionKind, UserFunctionSpec, user_function_id};
use alpheus_sql_parser::parse_type;
use alpheus_storage::{Location, file_system_for};
use alpheus_udf::{Declaration, Limits};

use crate::binder::data_type;

/// A function as CREATE FUNCTION defined it.
#[derive(Debug, Default)]
pub struct CatalogFunction {
    /// Its module's file.
    pub location: String,
    /// Its name in the module, if the statement says it.
    pub entry: Option<String>,
    /// What was found in the module, the first time that it was asked for.
    loaded: OnceLock<Result<LoadedFunction, String>>,
}

/// A function that can be called.
#[derive(Clone, Debug)]
pub struct LoadedFunction {
    /// Under which expressions call it.
    pub id: String,
    /// What it is.
    pub kind: UserFunctionKind,
    /// Types of its arguments, all nullable.
    pub arg_types: Vec<LogicalType>,
    /// Type of its result.
    pub result: LogicalType,
    /// Whether it can take rows back.
    pub retractable: bool,
}

impl LoadedFunction {
    /// How it is called.
    pub fn signature(&self, name: &str) -> String {
        let types: Vec<String> = self.arg_types.iter().map(ToString::to_string).collect();
        format!("{name}({})", types.join(", "))
    }
}

impl CatalogFunction {
    /// A function of the module in that file.
    pub fn new(location: impl Into<String>, entry: Option<String>) -> CatalogFunction {
        CatalogFunction {
            location: location.into(),
            entry,
            loaded: OnceLock::new(),
        }
    }

    /// Reads, compiles and registers it under this name; later calls give what the first one gave.
    ///
    /// # Errors
    /// A sentence with what is wrong with the file or the module.
    pub fn load(&self, name: &str, limits: Limits) -> Result<&LoadedFunction, String> {
        let loaded = self.loaded.get_or_init(|| self.read(name, limits));
        loaded.as_ref().map_err(Clone::clone)
    }

    fn read(&self, name: &str, limits: Limits) -> Result<LoadedFunction, String> {
        let location: Location = self.location.parse().map_err(shown)?;
        let files = file_system_for(&location).map_err(shown)?;
        let bytes = files.read(&location).map_err(shown)?;
        let about = |error: String| format!("the module {location}: {error}");
        let (module, declared) =
            alpheus_udf::functions_of(&bytes, limits).map_err(|error| about(error.to_string()))?;
        let declaration = self.choose(name, &declared).map_err(about)?;
        let ty = |text: &str| {
            let parsed = parse_type(text).map_err(shown)?;
            data_type(&parsed).map_err(shown)
        };
        let types = |texts: &[String]| texts.iter().map(|text| ty(text)).collect();
        let arg_types: Result<Vec<LogicalType>, String> = types(&declaration.args);
        let arg_types = arg_types.map_err(about)?;
        let spec = UserFunctionSpec {
            id: user_function_id(name, &module),
            module,
            entry: declaration.name.clone(),
            kind: declaration.kind,
            arg_types: arg_types.iter().map(|ty| ty.with_nullable(true)).collect(),
            result: ty(&declaration.result).map_err(about)?,
        };
        let loaded = LoadedFunction {
            id: spec.id.clone(),
            kind: spec.kind,
            arg_types: spec.arg_types.clone(),
            result: spec.result.clone(),
            retractable: declaration.retractable,
        };
        alpheus_udf::register(spec).map_err(|error| about(error.to_string()))?;
        Ok(loaded)
    }

    /// The function that the statement means: the one it names, else the one of its own name, else the only one.
    fn choose<'d>(
        &self,
        name: &str,
        declared: &'d [Declaration],
    ) -> Result<&'d Declaration, String> {
        let own = name.rsplit('.').next().unwrap_or(name);
        let wanted = self.entry.as_deref().unwrap_or(own);
        let named = declared
            .iter()
            .find(|d| d.name.eq_ignore_ascii_case(wanted));
        match (named, declared) {
            (Some(declaration), _) => Ok(declaration),
            (None, [only]) if self.entry.is_none() => Ok(only),
            _ => {
                let names: Vec<&str> = declared.iter().map(|d| d.name.as_str()).collect();
                Err(format!(
                    "it has no function '{wanted}'; it has {}; name one as in 'file.wasm#name'",
                    names.join(", ")
                ))
            }
        }
    }
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}
