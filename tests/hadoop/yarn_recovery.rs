//! Daemons of Hadoop die, restart and change places under a running job: its output is that of an undisturbed run.
//!
//! The cluster has pairs of ResourceManagers and NameNodes, three nodes of each kind, and takes a node for lost after ten
//! seconds. A worker is more than half a node, so no two share one.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use alpheus_hadoop_tests::dev_cluster;
use alpheus_hadoop_tests::long_job::Job;
use alpheus_hadoop_tests::program::*;

fn gone(pid: u32) -> bool {
    !std::fs::exists(format!("/proc/{pid}")).unwrap()
}

#[test]
fn a_lost_node_costs_its_worker_and_no_row() {
    let job = Job::start("node", 80, &[]);
    let masters = node_of(job.master());
    let worker = job.worker_beside(&masters);
    let node = node_of(worker);
    dev_cluster(&["kill", &node]);
    // Nobody on that node can end the worker; the master can.
    wait_for("the lost worker to end", || gone(worker).then_some(()));
    wait_for("another one", || (job.workers().len() == 2).then_some(()));
    job.goes_on();
    dev_cluster(&["start", &node]);
    job.ends_well();
}

#[test]
fn the_loss_of_the_masters_node_costs_no_row() {
    let job = Job::start(
        "masters-node",
        120,
        &["-Dhigh-availability.type=FILESYSTEM"],
    );
    let old = job.master();
    let node = node_of(old);
    dev_cluster(&["kill", &node]);
    // Nobody on that node can end the old master either: it learns at its next heartbeat that it is over.
    wait_for("the old master to end", || gone(old).then_some(()));
    wait_for("the next one", || {
        (processes("./alpheus am", &job.id).len() == 1).then_some(())
    });
    job.goes_on();
    dev_cluster(&["start", &node]);
    job.ends_well();
}

#[test]
fn a_restart_of_the_resource_managers_costs_nothing() {
    let job = Job::start("restart", 60, &[]);
    let (master, workers) = (job.master(), job.workers());
    for rm in ["rm1", "rm2"] {
        dev_cluster(&["kill", rm]);
    }
    job.goes_on();
    for rm in ["rm1", "rm2"] {
        dev_cluster(&["start", rm]);
    }
    dev_cluster(&["failover", "rm"]);
    job.goes_on();
    assert_eq!((job.master(), job.workers()), (master, workers));
    // The new one knows the application well enough to give it a worker.
    kill(job.workers()[0]);
    wait_for("another worker", || {
        (job.workers().len() == 2).then_some(())
    });
    job.ends_well();
}

#[test]
fn a_master_that_dies_before_its_good_bye_has_its_job_run_only_once() {
    let job = Job::start("good-bye", 15, &["-Dhigh-availability.type=FILESYSTEM"]);
    let staged = format!("/user/alice/.alpheus/{}", job.id);
    // Nobody takes the good-bye.
    for rm in ["rm1", "rm2"] {
        dev_cluster(&["kill", rm]);
    }
    wait_for("the job to end and its checkpoints to go", || {
        let listed = dev_cluster(&["hdfs", "dfs", "-ls", "-R", &staged]);
        (listed.contains("/ended.json") && !listed.contains("/chk-")).then_some(())
    });
    let first = job.master();
    kill(first);
    for rm in ["rm1", "rm2"] {
        dev_cluster(&["start", rm]);
    }
    dev_cluster(&["failover", "rm"]);
    job.ends_well();
}

#[test]
fn a_fail_over_of_the_resource_managers_costs_nothing() {
    let job = Job::start("rm-fail-over", 40, &[]);
    let (master, workers) = (job.master(), job.workers());
    dev_cluster(&["failover", "rm"]);
    job.goes_on();
    assert_eq!((job.master(), job.workers()), (master, workers));
    job.ends_well();
}

#[test]
fn a_fail_over_of_the_name_nodes_costs_nothing() {
    let job = Job::start("nn-fail-over", 40, &[]);
    let (master, workers) = (job.master(), job.workers());
    dev_cluster(&["failover", "nn"]);
    job.goes_on();
    assert_eq!((job.master(), job.workers()), (master, workers));
    dev_cluster(&["failover", "nn"]);
    job.ends_well();
}

#[test]
fn a_lost_data_node_costs_no_row() {
    let job = Job::start("data-node", 40, &[]);
    dev_cluster(&["kill", "dn1"]);
    job.goes_on();
    job.ends_well();
    dev_cluster(&["start", "dn1"]);
}

#[test]
fn safe_mode_is_waited_for() {
    let job = Job::start("safe-mode", 60, &[]);
    let (master, workers) = (job.master(), job.workers());
    let safe_mode = |what: &str| {
        dev_cluster(&["kinit", "nn/localhost"]);
        dev_cluster(&["hdfs", "dfsadmin", "-safemode", what]);
        dev_cluster(&["kinit", "alice"]);
    };
    safe_mode("enter");
    std::thread::sleep(Duration::from_secs(8));
    safe_mode("leave");
    job.goes_on();
    assert_eq!((job.master(), job.workers()), (master, workers));
    job.ends_well();
}

#[test]
fn a_spare_takes_over_from_a_killed_worker() {
    let job = Job::start("spare", 60, &["-Dslotmanager.redundant-taskmanager-num=1"]);
    let three = wait_for("the spare", || {
        Some(job.workers()).filter(|workers| workers.len() == 3)
    });
    // The youngest is the spare: two were enough to begin.
    let victim = *three.iter().min().unwrap();
    kill(victim);
    job.goes_on();
    wait_for("another spare", || {
        let now = job.workers();
        (now.len() == 3 && !now.contains(&victim)).then_some(())
    });
    job.ends_well();
}
