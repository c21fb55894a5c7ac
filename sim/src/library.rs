//! A loaded model library: the C interface of the shim.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use libloading::Symbol;

use crate::Error;
use crate::build::{Built, TraceFormat};
use crate::design::Design;
use crate::model::{Model, ModelOptions};

/// The version of the structures below; the same number is in `harness.hpp`.
const ABI: u32 = 1;

/// `vm::In`.
#[repr(C)]
pub(crate) struct RawIn {
    pub(crate) words: *const u32,
    pub(crate) stamps: *mut u64,
    pub(crate) items: u64,
    pub(crate) done: u64,
    pub(crate) last: u64,
    pub(crate) rng: u64,
    pub(crate) per_1024: u32,
    pub(crate) offering: u32,
    pub(crate) valid: u32,
    pub(crate) ready: u32,
}

/// `vm::Out`.
#[repr(C)]
pub(crate) struct RawOut {
    pub(crate) words: *mut u32,
    pub(crate) stamps: *mut u64,
    pub(crate) capacity: u64,
    pub(crate) expect: u64,
    pub(crate) done: u64,
    pub(crate) last: u64,
    pub(crate) rng: u64,
    pub(crate) per_1024: u32,
    pub(crate) valid: u32,
    pub(crate) ready: u32,
    pub(crate) unused: u32,
}

/// `vm::Run`.
#[repr(C)]
pub(crate) struct RawRun {
    pub(crate) input: *mut RawIn,
    pub(crate) output: *mut RawOut,
    pub(crate) n_in: u64,
    pub(crate) n_out: u64,
    pub(crate) budget: u64,
    pub(crate) idle_limit: u64,
    pub(crate) idle: u64,
    pub(crate) remaining: u64,
    pub(crate) drain: u64,
    pub(crate) cycles: u64,
}

/// `vm::Status`.
pub(crate) mod status {
    pub(crate) const BUDGET: i32 = 0;
    pub(crate) const COMPLETE: i32 = 1;
    pub(crate) const FINISH: i32 = 2;
    pub(crate) const IDLE: i32 = 3;
    pub(crate) const FULL: i32 = 4;
    pub(crate) const FATAL: i32 = 5;
}

/// The functions of `harness.hpp`, valid while the library is loaded.
pub(crate) struct Functions {
    pub(crate) create: unsafe extern "C" fn(i32, *const *const c_char) -> *mut c_void,
    pub(crate) destroy: unsafe extern "C" fn(*mut c_void),
    pub(crate) reset: unsafe extern "C" fn(*mut c_void, u64) -> i32,
    pub(crate) run: unsafe extern "C" fn(*mut c_void, *mut RawRun) -> i32,
    pub(crate) cycle: unsafe extern "C" fn(*const c_void) -> u64,
    pub(crate) probe: unsafe extern "C" fn(*mut c_void, u64, *mut u32, u64) -> i32,
    pub(crate) text: unsafe extern "C" fn(*const c_void, i32, *mut c_char, u64) -> u64,
    pub(crate) clear_log: unsafe extern "C" fn(*mut c_void),
    pub(crate) trace: unsafe extern "C" fn(*mut c_void, *const c_char, u64, u64) -> i32,
    pub(crate) trace_close: unsafe extern "C" fn(*mut c_void),
    pub(crate) trace_done: unsafe extern "C" fn(*const c_void) -> i32,
}

pub(crate) struct Loaded {
    pub(crate) functions: Functions,
    pub(crate) design: Design,
    pub(crate) trace: TraceFormat,
    /// Last, so that it is unloaded after everything else is gone.
    _library: libloading::Library,
}

/// A loaded model library; cheap to clone, and kept loaded while one of its models lives.
#[derive(Clone)]
pub struct Library(pub(crate) Arc<Loaded>);

impl Library {
    /// Loads what [`crate::build`] built.
    ///
    /// # Errors
    /// [`Error::Load`] where the file is not such a library.
    pub fn load(built: &Built) -> Result<Self, Error> {
        let fail = |message: String| Error::Load {
            path: built.library.clone(),
            message,
        };
        // SAFETY: the library was built from the generated shim; loading it runs the constructors of Verilator's run time only.
        let library =
            unsafe { libloading::Library::new(&built.library) }.map_err(|e| fail(e.to_string()))?;
        // SAFETY: `vm_abi` has this type in every version of the shim.
        let abi = unsafe {
            library
                .get::<unsafe extern "C" fn() -> u32>(b"vm_abi\0")
                .map(|f| f())
        };
        match abi {
            Ok(ABI) => {}
            Ok(other) => {
                return Err(fail(format!(
                    "it has interface version {other}, expected {ABI}"
                )));
            }
            Err(e) => return Err(fail(e.to_string())),
        }
        // SAFETY: the interface version is the one whose types `Functions` has.
        let functions = unsafe { functions(&library) }.map_err(|e| fail(e.to_string()))?;
        Ok(Self(Arc::new(Loaded {
            functions,
            design: built.design.clone(),
            trace: built.trace,
            _library: library,
        })))
    }

    /// Creates a model without plusargs.
    ///
    /// # Errors
    /// [`Error::Fatal`] where the model's construction stops.
    pub fn model(&self) -> Result<Model, Error> {
        self.model_with(&ModelOptions::default())
    }

    /// Creates a model.
    ///
    /// # Errors
    /// [`Error::Request`] for a plusarg that does not begin with `+` or has a zero byte, [`Error::Fatal`] where the model's construction
    /// stops.
    pub fn model_with(&self, options: &ModelOptions) -> Result<Model, Error> {
        Model::create(self, options)
    }

    /// The design that was built.
    pub fn design(&self) -> &Design {
        &self.0.design
    }
}

/// # Safety
/// The library must be a shim of interface version [`ABI`].
unsafe fn functions(library: &libloading::Library) -> Result<Functions, libloading::Error> {
    /// # Safety
    /// `T` must be the function's type.
    unsafe fn get<T: Copy>(
        library: &libloading::Library,
        name: &[u8],
    ) -> Result<T, libloading::Error> {
        // SAFETY: promised by the caller.
        unsafe { library.get::<T>(name) }.map(|s: Symbol<'_, T>| *s)
    }
    // SAFETY: the types are those of the interface version that the caller has checked.
    unsafe {
        Ok(Functions {
            create: get(library, b"vm_create\0")?,
            destroy: get(library, b"vm_destroy\0")?,
            reset: get(library, b"vm_reset\0")?,
            run: get(library, b"vm_run\0")?,
            cycle: get(library, b"vm_cycle\0")?,
            probe: get(library, b"vm_probe\0")?,
            text: get(library, b"vm_text\0")?,
            clear_log: get(library, b"vm_clear_log\0")?,
            trace: get(library, b"vm_trace\0")?,
            trace_close: get(library, b"vm_trace_close\0")?,
            trace_done: get(library, b"vm_trace_done\0")?,
        })
    }
}
