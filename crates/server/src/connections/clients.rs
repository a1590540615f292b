//! What each client address has: connections, and bytes that it may be sent.

use super::bucket::Bucket;
use crate::live::Live;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The bits of an IPv6 address that name a network: one client may have all addresses in it.
const NETWORK: u128 = !0 << 64;

/// Clients without connections are looked for whenever this many more are known.
const SWEEP: usize = 1024;

/// All clients that have connections, or had some within the last second.
#[derive(Debug)]
pub struct Clients {
    live: Arc<Live>,
    clients: DashMap<IpAddr, Client>,
    /// The number of clients at which those without connections are removed.
    sweep_at: AtomicUsize,
}

#[derive(Debug)]
struct Client {
    connections: u64,
    bucket: Arc<Mutex<Bucket>>,
}

/// A connection that a client may have, until this is dropped.
#[derive(Debug)]
pub struct Admitted {
    clients: Arc<Clients>,
    address: IpAddr,
    bucket: Arc<Mutex<Bucket>>,
}

impl Clients {
    /// None yet.
    pub fn new(live: Arc<Live>) -> Self {
        Self { live, clients: DashMap::new(), sweep_at: AtomicUsize::new(SWEEP) }
    }

    /// Counts another connection from `address`, unless that has as many as it may have. The
    /// addresses of one IPv6 network (/64) count as one.
    pub fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Option<Admitted> {
        let address = network(address);
        let limit = match self.live.connections_per_client.load(Relaxed) {
            0 => u64::MAX,
            limit => limit,
        };
        let bucket = match self.clients.entry(address) {
            Entry::Occupied(mut client) if client.get().connections < limit => {
                client.get_mut().connections += 1;
                Arc::clone(&client.get().bucket)
            }
            Entry::Occupied(_) => return None,
            Entry::Vacant(place) => {
                let bucket = Bucket::full(self.live.bytes_per_client.load(Relaxed), now);
                let bucket = Arc::new(Mutex::new(bucket));
                place.insert(Client { connections: 1, bucket: Arc::clone(&bucket) });
                bucket
            }
        };
        self.sweep(now);
        Some(Admitted { clients: Arc::clone(self), address, bucket })
    }

    /// Forgets clients that left, once there are many. What a client has used up of its bytes
    /// outlives its connections, or it would get more by opening new ones.
    fn sweep(&self, now: Instant) {
        if self.clients.len() < self.sweep_at.load(Relaxed) {
            return;
        }
        let rate = self.live.bytes_per_client.load(Relaxed);
        self.clients.retain(|_, client| client.connections > 0 || !client.has_all_bytes(rate, now));
        self.sweep_at.store(self.clients.len() + SWEEP, Relaxed);
    }
}

impl Client {
    fn has_all_bytes(&self, rate: u64, now: Instant) -> bool {
        rate == 0 || self.bucket.lock().unwrap_or_else(PoisonError::into_inner).is_full(rate, now)
    }
}

impl Admitted {
    /// Takes up to `wanted` of the bytes that the client may be sent.
    ///
    /// # Errors
    /// The time until there are some again, if there are none.
    pub fn take(&self, wanted: usize, now: Instant) -> Result<usize, Duration> {
        match self.clients.live.bytes_per_client.load(Relaxed) {
            0 => Ok(wanted),
            rate => self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(wanted, rate, now),
        }
    }

    /// Puts `bytes` back that were taken and not sent.
    pub fn put_back(&self, bytes: usize) {
        if bytes > 0 {
            self.bucket.lock().unwrap_or_else(PoisonError::into_inner).put_back(bytes);
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let Entry::Occupied(mut client) = self.clients.clients.entry(self.address) else { return };
        client.get_mut().connections -= 1;
        let rate = self.clients.live.bytes_per_client.load(Relaxed);
        if client.get().connections == 0 && client.get().has_all_bytes(rate, Instant::now()) {
            client.remove();
        }
    }
}

/// The address under which a client is known.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn clients(connections: u64, bytes: u64) -> Arc<Clients> {
        let config =
            Config { connections_per_client: connections, bytes_per_client: bytes, ..Config::new("") };
        Arc::new(Clients::new(Arc::new(Live::new(&config))))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_gets_no_more_connections_than_it_may_have_and_another_one_gets_its_own() {
        let (clients, now) = (clients(2, 0), Instant::now());
        let first = clients.admit(address("192.0.2.1"), now).unwrap();
        let _second = clients.admit(address("192.0.2.1"), now).unwrap();
        assert!(clients.admit(address("192.0.2.1"), now).is_none());
        assert!(clients.admit(address("::ffff:192.0.2.1"), now).is_none(), "the same in IPv6");
        assert!(clients.admit(address("192.0.2.2"), now).is_some());
        drop(first);
        assert!(clients.admit(address("192.0.2.1"), now).is_some());
    }

    #[test]
    fn all_addresses_of_an_ipv6_network_are_one_client() {
        let (clients, now) = (clients(1, 0), Instant::now());
        let _first = clients.admit(address("2001:db8:0:1::1"), now).unwrap();
        assert!(clients.admit(address("2001:db8:0:1:ffff::2"), now).is_none());
        assert!(clients.admit(address("2001:db8:0:2::1"), now).is_some());
    }

    #[test]
    fn new_connections_do_not_bring_new_bytes() {
        let (clients, now) = (clients(0, 1000), Instant::now());
        let first = clients.admit(address("192.0.2.1"), now).unwrap();
        assert_eq!(first.take(5000, now), Ok(1000));
        drop(first);
        let second = clients.admit(address("192.0.2.1"), now).unwrap();
        assert!(second.take(1, now).is_err());
        second.put_back(10);
        assert_eq!(second.take(5000, now), Ok(10));
    }

    #[test]
    fn clients_that_left_are_forgotten() {
        let (limited, now) = (clients(0, 1000), Instant::now());
        for host in 0..3 * SWEEP as u32 {
            let later = now + Duration::from_secs(u64::from(host));
            let client = limited.admit(IpAddr::V4(host.into()), later).unwrap();
            assert_eq!(client.take(1, later), Ok(1));
        }
        assert!(limited.clients.len() <= SWEEP + 1, "{}", limited.clients.len());
        let unlimited = clients(0, 0);
        drop(unlimited.admit(address("192.0.2.1"), now));
        assert_eq!(unlimited.clients.len(), 0);
    }
}
