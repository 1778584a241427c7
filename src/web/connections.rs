//! Connections: how many may be open at a time, and the response that one too many receives.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum_server::accept::Accept;
use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    intake::RETRY_AFTER,
    metrics::{Metrics, Rejected},
};

/// How many connections beyond the limit are told so at a time. Further ones are closed without a word.
const TOLD: usize = 64;
/// How long one of them may take to read that.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// Accepts a limited number of connections at a time.
#[derive(Clone)]
pub(super) struct Slots {
    open: Arc<Semaphore>,
    told: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// A connection, which has a slot until it is closed.
pub(super) struct Slotted {
    stream: TcpStream,
    metrics: Arc<Metrics>,
    _slot: OwnedSemaphorePermit,
}

impl Slots {
    pub(super) fn new(connections: usize, metrics: &Arc<Metrics>) -> Self {
        Self {
            open: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            told: Arc::new(Semaphore::new(TOLD)),
            metrics: Arc::clone(metrics),
        }
    }

    /// Responds to a connection that finds no slot, and waits until the client has had a chance to read it: closing
    /// while the client still sends would discard the response.
    async fn turn_away(&self, mut stream: TcpStream) -> io::Error {
        self.metrics.rejected(Rejected::NoSlot);
        if let Ok(_told) = self.told.try_acquire() {
            let response = format!(
                "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {RETRY_AFTER}\r\nContent-Length: 0\r\n\
                 Connection: close\r\n\r\n"
            );
            let telling = async {
                stream.write_all(response.as_bytes()).await?;
                stream.shutdown().await?;
                let mut ignored = [0; 1_024];
                while stream.read(&mut ignored).await? > 0 {}
                io::Result::Ok(())
            };
            drop(timeout(TOLD_WITHIN, telling).await);
        }
        io::Error::other("too many connections")
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Slots {
    type Stream = Slotted;
    type Service = S;
    type Future = BoxFuture<'static, io::Result<(Slotted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let slots = self.clone();
        async move {
            match Arc::clone(&slots.open).try_acquire_owned() {
                Ok(slot) => {
                    slots.metrics.connections().inc();
                    Ok((Slotted { stream, metrics: slots.metrics, _slot: slot }, service))
                }
                Err(_) => Err(slots.turn_away(stream).await),
            }
        }
        .boxed()
    }
}

impl Drop for Slotted {
    fn drop(&mut self) {
        self.metrics.connections().dec();
    }
}

impl AsyncRead for Slotted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Slotted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
