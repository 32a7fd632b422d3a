//! Modules of the process, and the functions that jobs bring or take along.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alpheus_dataflow::user_functions::{
    ModuleCode, UserFunctionKind, UserFunctionSpec, UserFunctions,
};
use alpheus_functions::user::{self, UserFunction, UserImplementation};

use crate::aggregate::Aggregate;
use crate::code::Code;
use crate::declaration::{Declaration, declarations};
use crate::error::UdfError;
use crate::limits::Limits;
use crate::scalar::Scalar;

/// Compiled modules by digest and limits, and what was registered.
struct Known {
    modules: BTreeMap<String, (ModuleCode, Limits, Arc<Code>)>,
    functions: BTreeMap<String, UserFunctionSpec>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known {
    modules: BTreeMap::new(),
    functions: BTreeMap::new(),
});

/// SHA-256 of a module in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let digest = openssl::sha::sha256(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compiles a module, or finds it compiled; its digest and its functions.
///
/// # Errors
/// When it is refused.
pub fn functions_of(bytes: &[u8], limits: Limits) -> Result<(String, Vec<Declaration>), UdfError> {
    let digest = digest(bytes);
    let code = code(&digest, &ModuleCode(bytes.into()), limits)?;
    Ok((digest, declarations(&code)?))
}

fn code(digest: &str, bytes: &ModuleCode, limits: Limits) -> Result<Arc<Code>, UdfError> {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, of, code)) = known().modules.get(digest)
        && *of == limits
    {
        return Ok(Arc::clone(code));
    }
    let code = Arc::new(Code::compile(&bytes.0, limits)?);
    let entry = (bytes.clone(), limits, Arc::clone(&code));
    known().modules.insert(digest.to_owned(), entry);
    Ok(code)
}

/// Makes a function callable in this process; its module is known from [`functions_of`].
///
/// # Errors
/// When the module does not have it, or its types do not cross the border.
pub fn register(spec: UserFunctionSpec) -> Result<(), UdfError> {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let code = known()
        .modules
        .get(&spec.module)
        .map(|(_, _, code)| Arc::clone(code));
    let code = code.ok_or_else(|| UdfError::Export {
        what: format!("'{}': its module is not there", spec.entry),
    })?;
    let implementation = match spec.kind {
        UserFunctionKind::Scalar => {
            code.need_entry(&spec.entry)?;
            UserImplementation::Scalar(Arc::new(Scalar::new(code, &spec)?))
        }
        UserFunctionKind::Aggregate => {
            UserImplementation::Aggregate(Arc::new(Aggregate::new(code, &spec)?))
        }
    };
    known().functions.insert(spec.id.clone(), spec.clone());
    user::register(UserFunction {
        spec,
        implementation,
    });
    Ok(())
}

/// The registered functions whose ids occur in the text of a plan, with their modules: what a job takes along.
///
/// Ids are looked for in the text rather than in the plan's operators, so that no operator can be forgotten.
pub fn registered_in(plan: &str) -> UserFunctions {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut taken = UserFunctions::default();
    for (id, spec) in &known.functions {
        // A name that JSON writes otherwise is known by its digest alone.
        let escaped = id.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'));
        let digest = id.rfind('@').map_or(id.as_str(), |at| &id[at..]);
        if plan.contains(if escaped { digest } else { id.as_str() })
            && let Some((bytes, _, _)) = known.modules.get(&spec.module)
        {
            taken.modules.insert(spec.module.clone(), bytes.clone());
            taken.functions.push(spec.clone());
        }
    }
    taken
}

/// Makes the functions that a job brings callable in this process.
///
/// # Errors
/// When a module is refused or is not the one that was planned with.
pub fn install(functions: &UserFunctions, limits: Limits) -> Result<(), UdfError> {
    for (digest, bytes) in &functions.modules {
        if *digest != self::digest(&bytes.0) {
            return Err(UdfError::Invalid {
                reason: "its bytes do not have the digest that the plan names".to_owned(),
            });
        }
        code(digest, bytes, limits)?;
    }
    functions.functions.iter().cloned().try_for_each(register)
}
