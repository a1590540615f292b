//! The HTTP server of one listening socket.

use crate::connections::{Acceptor, ClientStream, Clients};
use crate::error::Error;
use crate::metrics::connections::ListenerName;
use crate::middleware::RouteMiddleware;
use crate::routes::{self, AppState, RouteSet};
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::web::{Data, PathConfig, QueryConfig};
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// What one listener needs to answer requests.
#[derive(Clone)]
pub struct Http {
    /// What requests are answered with.
    pub state: Data<AppState>,
    /// The middleware around every route.
    pub middleware: RouteMiddleware,
    /// Which routes there are.
    pub routes: RouteSet,
    /// Makes its connections.
    pub acceptor: Acceptor,
    /// Its threads, at least 1.
    pub threads: usize,
    /// How long requests in flight may take once it is stopping; whole seconds.
    pub stop_within: Duration,
}

impl Http {
    /// The same state for operators, on a thread of its own that no client keeps busy. They have
    /// as many connections and bytes as they want.
    pub fn for_operators(&self) -> Self {
        let clients = Arc::new(Clients::new(Arc::default()));
        let acceptor = Acceptor { listener: ListenerName::Admin, clients, ..self.acceptor.clone() };
        Self { routes: RouteSet::Operators, acceptor, threads: 1, ..self.clone() }
    }

    /// The server of what `listener` accepts, which runs once it is polled.
    ///
    /// # Errors
    /// If the socket cannot be used.
    pub fn listen(self, listener: TcpListener) -> io::Result<Server> {
        let (threads, stop_within) = (self.threads.max(1), self.stop_within);
        let builder =
            Server::build().workers(threads).shutdown_timeout(stop_within.as_secs()).disable_signals();
        let draining = builder.graceful_shutdown_signal();
        let builder = builder.listen("http", listener, move || {
            let Self { state, middleware, routes, acceptor, .. } = self.clone();
            let idle_timeout = acceptor.idle_timeout;
            let draining = draining.clone();
            let app = App::new()
                .app_data(state)
                .app_data(query_config())
                .app_data(path_config())
                .configure(move |config| routes::configure(config, &middleware, routes))
                .into_factory()
                .map_err(|error: actix_web::Error| error.error_response());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let draining = draining.clone();
                    async move { draining.notified().await }
                })
                .keep_alive(KeepAlive::Timeout(idle_timeout))
                // The stream has its own limits, which hold for every request and can change.
                .client_request_timeout(Duration::ZERO)
                // A client that closes its connection gives up its requests. By default that
                // would be noticed only when the response is written.
                .h1_allow_half_closed(false)
                .on_connect_ext(|stream: &ClientStream, data| {
                    data.insert(Rc::clone(stream.activity()));
                })
                .finish(map_config(app, |()| AppConfig::default()));
            fn_service(move |stream: TcpStream| {
                let acceptor = acceptor.clone();
                async move {
                    let peer = stream.peer_addr().ok();
                    let stream = acceptor.accept(stream).await.map_err(DispatchError::Io)?;
                    Ok((stream, Protocol::Http1, peer))
                }
            })
            .and_then(http)
        })?;
        Ok(builder.run())
    }
}

/// How queries are parsed, and the error if one does not parse.
fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|_, _| Error::BadRequest("the query string does not parse").into())
}

/// The error if a part of a path is not what it should be.
fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|_, _| Error::NotFound("page").into())
}
