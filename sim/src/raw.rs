//! The C interface of the shim: its structures, its functions, and a library that is loaded only if its sizes are those of the design.

use std::ffi::{c_char, c_void};
use std::fs;
use std::mem::size_of;

use libloading::Symbol;

use crate::built::Built;
use crate::design::{Design, StreamSpec};
use crate::error::Error;
use crate::options::TraceFormat;

/// The version of the structures and functions below; the same number is in `harness.hpp`.
const ABI: u32 = 2;

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
    pub(crate) trace_close: unsafe extern "C" fn(*mut c_void) -> i32,
    pub(crate) trace_done: unsafe extern "C" fn(*const c_void) -> i32,
}

/// A library whose sizes are those of its design.
pub(crate) struct Loaded {
    pub(crate) functions: Functions,
    pub(crate) design: Design,
    pub(crate) trace: TraceFormat,
    /// Last, so that it is unloaded after everything else is gone.
    _library: libloading::Library,
}

impl Loaded {
    /// Loads the library if the file's hash, its interface version, and every size that the Rust side relies on are as expected.
    pub(crate) fn open(built: &Built) -> Result<Self, Error> {
        let fail = |message: String| Error::Load {
            path: built.path.clone(),
            message,
        };
        if built.program {
            return Err(fail(
                "this is a program that `build_main` made; load a library that `build` made".into(),
            ));
        }
        // Loading a file that was cut short can end the process, so its contents are checked first.
        let bytes = fs::read(&built.path).map_err(|e| fail(e.to_string()))?;
        let found = blake3::hash(&bytes).to_hex();
        if found.as_str() != built.hash {
            return Err(fail(format!(
                "the file was changed since it was built: its hash is {found}, expected {}; build it again",
                built.hash
            )));
        }
        // SAFETY: the library was built from the generated shim; loading it runs the constructors of Verilator's run time only.
        let library =
            unsafe { libloading::Library::new(&built.path) }.map_err(|e| fail(reason(&e)))?;
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
                    "the library has interface version {other}, expected {ABI}; build it again"
                )));
            }
            Err(e) => return Err(fail(reason(&e))),
        }
        // SAFETY: the interface version is the one whose types `Functions` has.
        let functions = unsafe { functions(&library) }.map_err(|e| fail(reason(&e)))?;
        // SAFETY: as above.
        let shape = unsafe { shape(&library) }.map_err(|e| fail(reason(&e)))?;
        check_shape(&shape, &built.design, built.trace).map_err(|difference| {
            fail(format!(
                "the library was built for another design: {difference}; build it again"
            ))
        })?;
        Ok(Self {
            functions,
            design: built.design.clone(),
            trace: built.trace,
            _library: library,
        })
    }
}

/// The loader's message, with its cause.
fn reason(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// The sizes that the library must list, in its order, each with its meaning.
fn expected_shape(design: &Design, trace: TraceFormat) -> Vec<(String, u64)> {
    let mut shape = vec![
        ("bytes of an input's structure".into(), size_of::<RawIn>()),
        ("bytes of an output's structure".into(), size_of::<RawOut>()),
        ("bytes of a run's structure".into(), size_of::<RawRun>()),
        (
            "wave format (0 none, 1 FST, 2 VCD)".into(),
            trace.code() as usize,
        ),
        ("input streams".into(), design.inputs.len()),
        ("output streams".into(), design.outputs.len()),
        ("probes".into(), design.probes.len()),
    ];
    let words = |kind: &str, s: &StreamSpec| {
        let what = format!("words per item of {kind} stream `{}`", s.name);
        (what, s.item_words())
    };
    shape.extend(design.inputs.iter().map(|s| words("input", s)));
    shape.extend(design.outputs.iter().map(|s| words("output", s)));
    shape.extend(
        design
            .probes
            .iter()
            .map(|p| (format!("words of probe `{}`", p.name), p.field.words())),
    );
    shape
        .into_iter()
        .map(|(what, n)| (what, n as u64))
        .collect()
}

/// Compares the sizes that the library lists with those of the design, and describes the first difference.
fn check_shape(found: &[u64], design: &Design, trace: TraceFormat) -> Result<(), String> {
    let expected = expected_shape(design, trace);
    for ((what, want), got) in expected.iter().zip(found) {
        if got != want {
            return Err(format!("{what}: found {got}, expected {want}"));
        }
    }
    if found.len() != expected.len() {
        return Err(format!(
            "it lists {} sizes, expected {}",
            found.len(),
            expected.len()
        ));
    }
    Ok(())
}

/// # Safety
/// `T` must be the type of the function called `name`.
unsafe fn get<T: Copy>(library: &libloading::Library, name: &[u8]) -> Result<T, libloading::Error> {
    // SAFETY: promised by the caller.
    unsafe { library.get::<T>(name) }.map(|s: Symbol<'_, T>| *s)
}

/// The sizes that the library lists.
///
/// # Safety
/// The library must be a shim of interface version [`ABI`].
unsafe fn shape(library: &libloading::Library) -> Result<Vec<u64>, libloading::Error> {
    // A library can claim any length; this bounds the memory.
    const LIMIT: u64 = 1 << 20;
    type Shape = unsafe extern "C" fn(*mut u64, u64) -> u64;
    // SAFETY: the type is that of the interface version that the caller has checked.
    let call: Shape = unsafe { get(library, b"vm_shape\0") }?;
    // SAFETY: nothing is written where there is room for nothing.
    let n = unsafe { call(std::ptr::null_mut(), 0) }.min(LIMIT);
    let mut numbers = vec![0; usize::try_from(n).unwrap_or(0)];
    // SAFETY: the buffer has the length that is passed.
    unsafe { call(numbers.as_mut_ptr(), numbers.len() as u64) };
    Ok(numbers)
}

/// # Safety
/// The library must be a shim of interface version [`ABI`].
unsafe fn functions(library: &libloading::Library) -> Result<Functions, libloading::Error> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::design::{Field, Probe};

    fn design() -> Design {
        let stream = |name: &str, width| StreamSpec {
            name: name.into(),
            valid: Field::bit("v", 0),
            ready: None,
            payload: vec![Field::whole("d", width)],
        };
        Design {
            inputs: vec![stream("a", 40), stream("b", 8)],
            outputs: vec![stream("c", 65)],
            probes: vec![Probe {
                name: "p".into(),
                field: Field::whole("x", 33),
            }],
            ..Design::default()
        }
    }

    #[test]
    fn every_size_is_compared_and_the_first_difference_is_named() {
        let design = design();
        let fits: Vec<u64> = expected_shape(&design, TraceFormat::Vcd)
            .into_iter()
            .map(|(_, n)| n)
            .collect();
        assert_eq!(fits[3..], [2, 2, 1, 1, 2, 1, 3, 2]);
        check_shape(&fits, &design, TraceFormat::Vcd).unwrap();
        let messages = [
            "bytes of an input's structure: found 65, expected 64",
            "bytes of an output's structure: found 73, expected 72",
            "bytes of a run's structure: found 81, expected 80",
            "wave format (0 none, 1 FST, 2 VCD): found 3, expected 2",
            "input streams: found 3, expected 2",
            "output streams: found 2, expected 1",
            "probes: found 2, expected 1",
            "words per item of input stream `a`: found 3, expected 2",
            "words per item of input stream `b`: found 2, expected 1",
            "words per item of output stream `c`: found 4, expected 3",
            "words of probe `p`: found 3, expected 2",
        ];
        assert_eq!(messages.len(), fits.len());
        for (index, message) in messages.into_iter().enumerate() {
            let mut shape = fits.clone();
            shape[index] += 1;
            let said = check_shape(&shape, &design, TraceFormat::Vcd).unwrap_err();
            assert_eq!(said, message);
        }
        let mut long = fits.clone();
        long.push(1);
        for (shape, n) in [(&fits[..10], 10), (&long[..], 12), (&[], 0)] {
            let said = check_shape(shape, &design, TraceFormat::Vcd).unwrap_err();
            assert_eq!(said, format!("it lists {n} sizes, expected 11"));
        }
    }
}
