//! Keeps what a process holds in memory small while it has little to do.
//!
//! - **The program's own pages.** What only starting needed (relocations, the command line, planning, the first handshakes) stays mapped from
//!   the file and counts for the process, in YARN's eyes too, as long as nobody else wants the memory: that is more than all its data.
//!   A while after the start the mappings are given back, once; what is needed after all is mapped again, out of the page cache.
//! - **Huge pages.** An idle process's data are a few megabytes, which the allocator's huge pages round up to many, and a growing one's kernel
//!   clears memory that is never used: processor time goes down without them (docs/performance.md).

use std::ffi::{c_int, c_void};
use std::io;
use std::time::Duration;

/// After which a process has started, or its start is long enough to fetch some pages again.
const STARTED: Duration = Duration::from_secs(5);

/// Gives the program's pages back once this process has started. A process without a thread to spare stays as large as it is.
pub fn settle_after_start() {
    let settle = || {
        std::thread::sleep(STARTED);
        if let Err(error) = give_back_program() {
            tracing::debug!(%error, "the program's pages stay where they are");
        }
    };
    let _ = std::thread::Builder::new()
        .name("settle".to_owned())
        .spawn(settle);
}

/// Has this process and those that it starts do without huge pages from now on. The allocator is built not to ask for them (`no_thp`); this is for systems
/// that give them unasked.
pub fn without_huge_pages() {
    // SAFETY: PR_SET_THP_DISABLE takes a number and touches no memory of ours. A kernel that refuses leaves things as they are.
    unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
}

/// Gives back the pages of the program's code and constants.
fn give_back_program() -> io::Result<()> {
    let mut outcome: io::Result<()> = Ok(());
    // SAFETY: the callback is called before this returns, with the pointer that is given, which is to a live `outcome` that nobody else has.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut outcome).cast()) };
    outcome
}

/// Visits the first of the loaded objects, which is the program (`dl_iterate_phdr(3)`).
unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: usize, outcome: *mut c_void) -> c_int {
    // SAFETY: the loader gives a valid description of an object, which stays while this runs.
    let (base, headers) = unsafe {
        let info = &*info;
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum));
        (info.dlpi_addr as usize, headers)
    };
    // SAFETY: sysconf takes a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    for header in headers {
        // What the program writes, or the loader has written for it (relocations lie in a writable segment), is nowhere else.
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let start = base + header.p_vaddr as usize;
        let aligned = start & !(page - 1);
        let length = start - aligned + header.p_memsz as usize;
        // SAFETY: the range is a segment of this program that nobody writes; the kernel maps it from the file again when it is touched.
        if unsafe { libc::madvise(aligned as *mut c_void, length, libc::MADV_DONTNEED) } != 0 {
            // SAFETY: the pointer is what `give_back_program` has passed.
            unsafe { *outcome.cast::<io::Result<()>>() = Err(io::Error::last_os_error()) };
        }
    }
    1
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// KB of mapped files that are resident.
    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("RssFile"));
        let number = line.unwrap().split_whitespace().nth(1).unwrap();
        number.parse().unwrap()
    }

    #[test]
    fn the_program_is_smaller_and_goes_on() {
        // Something of its own that was read before.
        let before = resident();
        give_back_program().unwrap();
        let after = resident();
        assert!(after < before, "{after} of {before} KB");
        // Code and constants are there again.
        assert_eq!("settled".to_uppercase(), "SETTLED");
    }

    #[test]
    fn huge_pages_are_off() {
        without_huge_pages();
        // SAFETY: PR_GET_THP_DISABLE takes nothing and returns a number.
        let off = unsafe { libc::prctl(libc::PR_GET_THP_DISABLE, 0, 0, 0, 0) };
        assert_eq!(off, 1);
    }
}
