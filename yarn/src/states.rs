//! States and kinds, by Hadoop's names. A number that we do not know is kept, because newer servers may have more.

use std::fmt;

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $number:literal $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$item_doc])* $item,)+
            /// One that this version does not know.
            Unknown(i32),
        }

        #[allow(dead_code)]
        impl $name {
            pub(crate) fn from_wire(number: i32) -> Self {
                match number {
                    $($number => Self::$item,)+
                    other => Self::Unknown(other),
                }
            }

            pub(crate) fn to_wire(self) -> i32 {
                match self {
                    $(Self::$item => $number,)+
                    Self::Unknown(number) => number,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$item => f.write_str($text),)+
                    Self::Unknown(number) => write!(f, "UNKNOWN_{number}"),
                }
            }
        }
    )+};
}

states! {
    /// Where an application is (`YarnApplicationState`).
    ApplicationState {
        /// Just made.
        New = 1 "NEW",
        /// Being written to the ResourceManager's store.
        NewSaving = 2 "NEW_SAVING",
        /// Submitted.
        Submitted = 3 "SUBMITTED",
        /// Waiting in its queue for a container for its master.
        Accepted = 4 "ACCEPTED",
        /// Its master has registered.
        Running = 5 "RUNNING",
        /// Its master has said good-bye.
        Finished = 6 "FINISHED",
        /// Its attempts are used up.
        Failed = 7 "FAILED",
        /// Somebody killed it.
        Killed = 8 "KILLED",
    }

    /// What an application says of itself at the end (`FinalApplicationStatus`).
    FinalStatus {
        /// Nothing yet.
        Undefined = 0 "UNDEFINED",
        /// It did what it should.
        Succeeded = 1 "SUCCEEDED",
        /// It did not.
        Failed = 2 "FAILED",
        /// Somebody killed it.
        Killed = 3 "KILLED",
        /// It ended without a verdict.
        Ended = 4 "ENDED",
    }

    /// Where an attempt is (`YarnApplicationAttemptState`).
    AttemptState {
        /// Just made.
        New = 1 "NEW",
        /// Submitted to the scheduler.
        Submitted = 2 "SUBMITTED",
        /// Accepted by the scheduler.
        Scheduled = 3 "SCHEDULED",
        /// Its container is being recorded.
        AllocatedSaving = 4 "ALLOCATED_SAVING",
        /// It has a container.
        Allocated = 5 "ALLOCATED",
        /// Its process was started.
        Launched = 6 "LAUNCHED",
        /// It failed.
        Failed = 7 "FAILED",
        /// It has registered.
        Running = 8 "RUNNING",
        /// It is saying good-bye.
        Finishing = 9 "FINISHING",
        /// It has said good-bye.
        Finished = 10 "FINISHED",
        /// Somebody killed it.
        Killed = 11 "KILLED",
    }

    /// Where a container is (`ContainerState`).
    ContainerState {
        /// Not running yet.
        New = 1 "NEW",
        /// Running.
        Running = 2 "RUNNING",
        /// Ended.
        Complete = 3 "COMPLETE",
    }

    /// How a node is (`NodeState`).
    NodeState {
        /// Just registered.
        New = 1 "NEW",
        /// Good.
        Running = 2 "RUNNING",
        /// Its own health check says so.
        Unhealthy = 3 "UNHEALTHY",
        /// Taken out of service.
        Decommissioned = 4 "DECOMMISSIONED",
        /// Not heard of for too long.
        Lost = 5 "LOST",
        /// Restarted.
        Rebooted = 6 "REBOOTED",
        /// Being taken out of service: no new containers.
        Decommissioning = 7 "DECOMMISSIONING",
        /// Shut down in an orderly way.
        Shutdown = 8 "SHUTDOWN",
    }

    /// How a queue is (`QueueState`).
    QueueState {
        /// It takes nothing.
        Stopped = 1 "STOPPED",
        /// It takes applications.
        Running = 2 "RUNNING",
        /// It takes no new ones.
        Draining = 3 "DRAINING",
    }

    /// What a user may do with a queue (`QueueACL`).
    QueueAcl {
        /// Submit.
        SubmitApplications = 1 "SUBMIT_APPLICATIONS",
        /// Everything.
        AdministerQueue = 2 "ADMINISTER_QUEUE",
    }

    /// How far log aggregation is (`LogAggregationStatus`).
    LogAggregationStatus {
        /// Off.
        Disabled = 1 "DISABLED",
        /// Not started.
        NotStart = 2 "NOT_START",
        /// Running.
        Running = 3 "RUNNING",
        /// Done.
        Succeeded = 4 "SUCCEEDED",
        /// Failed.
        Failed = 5 "FAILED",
        /// Nodes did not report.
        TimeOut = 6 "TIME_OUT",
        /// Running, and some nodes failed.
        RunningWithFailure = 7 "RUNNING_WITH_FAILURE",
    }

    /// How a file is made ready for a container (`LocalResourceType`).
    ResourceType {
        /// Unpacked.
        Archive = 1 "ARCHIVE",
        /// As it is; executable.
        File = 2 "FILE",
        /// Partly unpacked, by a pattern.
        Pattern = 3 "PATTERN",
    }

    /// Who shares a localized file (`LocalResourceVisibility`).
    Visibility {
        /// All users of a node. The file and all folders above it must be open to everyone.
        Public = 1 "PUBLIC",
        /// All applications of the user.
        Private = 2 "PRIVATE",
        /// Only this application.
        Application = 3 "APPLICATION",
    }

    /// What a signal does to a container (`SignalContainerCommand`).
    ContainerSignal {
        /// SIGQUIT.
        OutputThreadDump = 1 "OUTPUT_THREAD_DUMP",
        /// SIGTERM.
        GracefulShutdown = 2 "GRACEFUL_SHUTDOWN",
        /// SIGKILL.
        ForcefulShutdown = 3 "FORCEFUL_SHUTDOWN",
    }

    /// Whether a container has its resources for itself (`ExecutionType`).
    ExecutionType {
        /// It has.
        Guaranteed = 1 "GUARANTEED",
        /// It runs in what others leave, and is killed when they want it back.
        Opportunistic = 2 "OPPORTUNISTIC",
    }
}

impl ApplicationState {
    /// Whether it will not change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Killed)
    }
}

impl NodeState {
    /// Whether containers on such a node are gone or about to be.
    pub fn is_unusable(self) -> bool {
        matches!(
            self,
            Self::Unhealthy | Self::Decommissioned | Self::Lost | Self::Shutdown
        )
    }
}

/// How a container ended (`ContainerExitStatus`): its own exit code, or one of YARN's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExitStatus(pub i32);

impl ExitStatus {
    /// Nothing is known.
    pub const INVALID: ExitStatus = ExitStatus(-1000);
    /// Released, or its node was lost.
    pub const ABORTED: ExitStatus = ExitStatus(-100);
    /// The node's disks failed.
    pub const DISKS_FAILED: ExitStatus = ExitStatus(-101);
    /// The scheduler took it for somebody else.
    pub const PREEMPTED: ExitStatus = ExitStatus(-102);
    /// It used too much virtual memory.
    pub const KILLED_EXCEEDED_VMEM: ExitStatus = ExitStatus(-103);
    /// It used too much memory.
    pub const KILLED_EXCEEDED_PMEM: ExitStatus = ExitStatus(-104);
    /// Its master stopped it.
    pub const KILLED_BY_APPMASTER: ExitStatus = ExitStatus(-105);
    /// The ResourceManager stopped it.
    pub const KILLED_BY_RESOURCEMANAGER: ExitStatus = ExitStatus(-106);
    /// Its application ended.
    pub const KILLED_AFTER_APP_COMPLETION: ExitStatus = ExitStatus(-107);

    /// Whether the container is not to blame: such an end does not count as a failure of the program.
    pub fn is_yarns_doing(self) -> bool {
        [
            Self::ABORTED,
            Self::DISKS_FAILED,
            Self::PREEMPTED,
            Self::KILLED_BY_APPMASTER,
            Self::KILLED_BY_RESOURCEMANAGER,
            Self::KILLED_AFTER_APP_COMPLETION,
        ]
        .contains(&self)
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match *self {
            Self::INVALID => "unknown",
            Self::ABORTED => "released, or its node was lost",
            Self::DISKS_FAILED => "the node's disks failed",
            Self::PREEMPTED => "preempted",
            Self::KILLED_EXCEEDED_VMEM => {
                "killed for its virtual memory (yarn.nodemanager.vmem-check-enabled)"
            }
            Self::KILLED_EXCEEDED_PMEM => "killed for its memory",
            Self::KILLED_BY_APPMASTER => "stopped by its master",
            Self::KILLED_BY_RESOURCEMANAGER => "stopped by the ResourceManager",
            Self::KILLED_AFTER_APP_COMPLETION => "stopped because its application ended",
            Self(137) => "killed by SIGKILL",
            Self(143) => "ended by SIGTERM",
            _ => return write!(f, "{}", self.0),
        };
        write!(f, "{} ({words})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_numbers_are_kept() {
        for number in -3..15 {
            assert_eq!(ApplicationState::from_wire(number).to_wire(), number);
            assert_eq!(FinalStatus::from_wire(number).to_wire(), number);
        }
        assert_eq!(ApplicationState::from_wire(99).to_string(), "UNKNOWN_99");
    }
}
