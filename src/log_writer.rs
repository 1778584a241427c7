//! The log's writer: lines go to standard error on a thread of their own.
//!
//! A line that cannot be written is dropped and counted. The program neither waits for the log nor fails because of it:
//! not if the disk is full, nor if the reader has died, nor if it reads no more.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use prometheus_client::metrics::counter::Counter;
use tracing_subscriber::fmt::MakeWriter;

/// How many bytes of lines may wait for their reader.
const WAITING: usize = 4 * 1024 * 1024;

/// Hands lines to the thread that writes them.
#[derive(Clone, Debug)]
pub struct LogWriter {
    entries: Sender<Entry>,
    waiting: Arc<AtomicUsize>,
    dropped: Counter,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// All earlier lines are dealt with once this is dropped.
    End(Sender<()>),
}

impl LogWriter {
    /// Starts to write to `output`. Lines that are not written are counted.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(output: impl Write + Send + 'static, dropped: Counter) -> io::Result<Self> {
        let (entries, received) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let writer = Self { entries, waiting, dropped };
        let (waiting, dropped) = (Arc::clone(&writer.waiting), writer.dropped.clone());
        let write = move || write(output, &received, &waiting, &dropped);
        thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(writer)
    }

    /// Waits until all lines so far are written or dropped, for at most this long.
    pub fn flush(&self, within: Duration) {
        let (end, ended) = channel();
        if self.entries.send(Entry::End(end)).is_ok() {
            // Ends with an error in either case: once the other end is dropped, or is late.
            ended.recv_timeout(within).ok();
        }
    }
}

fn write(mut output: impl Write, entries: &Receiver<Entry>, waiting: &AtomicUsize, dropped: &Counter) {
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                if output.write_all(&line).and_then(|()| output.flush()).is_err() {
                    dropped.inc();
                }
                waiting.fetch_sub(line.len(), Ordering::Relaxed);
            }
            Entry::End(end) => drop(end),
        }
    }
}

impl<'w> MakeWriter<'w> for LogWriter {
    type Writer = &'w Self;

    fn make_writer(&'w self) -> &'w Self {
        self
    }
}

impl Write for &LogWriter {
    /// Takes one whole line, which the formatter writes at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let waiting = self.waiting.fetch_add(line.len(), Ordering::Relaxed);
        let has_room = waiting + line.len() <= WAITING;
        if !has_room || self.entries.send(Entry::Line(line.to_vec())).is_err() {
            self.waiting.fetch_sub(line.len(), Ordering::Relaxed);
            self.dropped.inc();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// An output that writes nothing while somebody holds it.
    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Output {
        fn held(&self) -> MutexGuard<'_, Vec<u8>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.held().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output that takes nothing.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const FOREVER: Duration = Duration::from_secs(60);

    #[test]
    fn lines_are_written_in_order() {
        let output = Output::default();
        let writer = LogWriter::start(output.clone(), Counter::default()).unwrap();
        for line in ["one\n", "two\n", "three\n"] {
            writer.make_writer().write_all(line.as_bytes()).unwrap();
        }
        writer.flush(FOREVER);
        assert_eq!(*output.held(), b"one\ntwo\nthree\n");
        assert_eq!(writer.dropped.get(), 0);
    }

    #[test]
    fn what_a_stuck_reader_does_not_take_is_dropped_and_counted() {
        let output = Output::default();
        let writer = LogWriter::start(output.clone(), Counter::default()).unwrap();
        let line = [b'x'; 1_024];
        let held = output.held();
        for _ in 0..2 * WAITING / line.len() {
            writer.make_writer().write_all(&line).unwrap();
        }
        let dropped = writer.dropped.get();
        assert!(dropped >= u64::try_from(WAITING / line.len()).unwrap(), "{dropped}");
        drop(held);
        writer.flush(FOREVER);
        writer.make_writer().write_all(b"once more\n").unwrap();
        writer.flush(FOREVER);
        assert!(output.held().ends_with(b"once more\n"), "a reader that reads on gets what comes then");
        assert_eq!(writer.dropped.get(), dropped);
    }

    #[test]
    fn what_cannot_be_written_is_counted_and_nothing_fails() {
        let writer = LogWriter::start(Full, Counter::default()).unwrap();
        for _ in 0..3 {
            writer.make_writer().write_all(b"line\n").unwrap();
        }
        writer.flush(FOREVER);
        assert_eq!(writer.dropped.get(), 3);
    }
}
