//! Starting, finding a port, stopping; many at once.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use taylordash::mqtt::broker::{Broker, Credentials, StartError};
use tokio::time::timeout;

use crate::support::*;

/// `count` ports in a row that are free at this moment.
fn free_ports(count: u16) -> u16 {
    (20_000..60_000)
        .step_by(usize::from(count))
        .map(|first| first + (std::process::id() % 97) as u16)
        .find(|&first| {
            (first..first + count).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
        })
        .unwrap()
}

#[tokio::test]
async fn a_taken_port_makes_it_take_the_next_free_one() {
    let first = free_ports(3);
    let _taken = TcpListener::bind(("127.0.0.1", first)).unwrap();
    let _anyone = TcpListener::bind(("0.0.0.0", first + 1)).unwrap();
    let broker = broker_at(([127, 0, 0, 1], first).into()).await;
    assert_eq!(broker.addr().port(), first + 2);
    device(&broker, "c").await;
}

#[tokio::test]
async fn an_address_that_is_not_ours_stops_the_start_with_its_reason() {
    let relay = Credentials {
        username: "r".into(),
        password: "p".into(),
    };
    let elsewhere = "192.0.2.1:1883".parse().unwrap();
    let started = Broker::start(elsewhere, relay, People::default()).await;
    assert!(matches!(started, Err(StartError::Listen { .. })));
}

#[tokio::test]
async fn stopping_closes_the_port_and_every_connection() {
    let broker = broker().await;
    let addr = broker.addr();
    let mut listener = dial(&broker, "listener").durable().connect().await.unwrap();
    listener.subscribe("#").await;
    let mut idle = device(&broker, "idle").await;
    let mute = tokio::net::TcpStream::connect(addr).await.unwrap();
    timeout(Duration::from_secs(5), broker.stop())
        .await
        .unwrap();
    assert!(listener.is_disconnected().await);
    assert!(idle.is_disconnected().await);
    timeout(Duration::from_secs(5), mute.readable())
        .await
        .unwrap()
        .unwrap();
    let end = mute.try_read(&mut [0; 1]).map_err(|error| error.kind());
    assert!(
        matches!(end, Ok(0) | Err(ErrorKind::ConnectionReset)),
        "{end:?}"
    );
    TcpListener::bind(addr).unwrap();
    broker_at(addr).await;
}

#[tokio::test]
async fn stopping_lets_subscribers_take_what_is_on_its_way() {
    let broker = broker().await;
    let mut listener = device(&broker, "listener").await;
    listener.subscribe("#").await;
    let mut relay = relay_client(&broker).await;
    for n in 0..500 {
        relay
            .publish("tracker/events/task/created", n.to_string())
            .await;
    }
    broker.stop().await;
    for n in 0..500 {
        assert_eq!(listener.message().await.1, n.to_string());
    }
}

#[tokio::test]
async fn a_dropped_broker_stops_too() {
    let broker = broker().await;
    let mut client = device(&broker, "c").await;
    drop(broker);
    assert!(client.is_disconnected().await);
}

#[tokio::test]
async fn thirty_brokers_in_one_process_start_work_apart_and_stop() {
    let mut brokers = Vec::new();
    for _ in 0..30 {
        brokers.push(broker().await);
    }
    let mut listeners = Vec::new();
    for broker in &brokers {
        let mut listener = device(broker, "listener").await;
        listener.subscribe("#").await;
        listeners.push(listener);
    }
    for (n, broker) in brokers.iter().enumerate() {
        relay_client(broker)
            .await
            .publish("tracker/events/task/created", n.to_string())
            .await;
    }
    for (n, listener) in listeners.iter_mut().enumerate() {
        assert_eq!(listener.message().await.1, n.to_string());
    }
    for broker in brokers {
        let addr = broker.addr();
        broker.stop().await;
        TcpListener::bind(addr).unwrap();
    }
}
