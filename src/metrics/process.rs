//! The process: its version, its memory, its time, its files, as Linux reports them.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};

/// How many ticks of processor time Linux reports in a second (`USER_HZ`), on every architecture that it runs on here.
const TICKS: f64 = 100.0;

/// Reads what Linux reports when somebody asks. Where there is no `/proc`, it reports nothing.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        if let Some(bytes) = resident_memory() {
            let memory = ConstGauge::new(bytes);
            let help = "Resident memory size";
            memory.encode(encoder.encode_descriptor(
                "process_resident_memory",
                help,
                Some(&Unit::Bytes),
                memory.metric_type(),
            )?)?;
        }
        if let Some(seconds) = processor_time() {
            let time = ConstCounter::new(seconds);
            let help = "User and system processor time spent";
            time.encode(encoder.encode_descriptor(
                "process_cpu",
                help,
                Some(&Unit::Seconds),
                time.metric_type(),
            )?)?;
        }
        if let Some(files) = open_files() {
            let files = ConstGauge::new(files);
            let help = "Open file descriptors";
            files.encode(encoder.encode_descriptor(
                "process_open_fds",
                help,
                None,
                files.metric_type(),
            )?)?;
        }
        Ok(())
    }
}

fn resident_memory() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<i64>().ok()? * 1_024)
}

fn processor_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may contain spaces; the fields after it are counted from 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((user + system) / TICKS)
}

fn open_files() -> Option<i64> {
    fs::read_dir("/proc/self/fd").ok()?.count().try_into().ok()
}
