//! What is published arrives: in order, all of it, also for who was away.

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PubAckReason;
use taylordash::mqtt::broker::Broker;
use tokio::task::JoinHandle;

use crate::support::*;

const TOPIC: &str = "tracker/events/task/created";

/// Publishes the numbers below `count` as fast as the broker takes them; ends when all are
/// acknowledged.
async fn publish_numbers(broker: &Broker, count: usize) -> JoinHandle<()> {
    let mut relay = relay_client(broker).await;
    let mqtt = relay.mqtt.clone();
    tokio::spawn(async move {
        for n in 0..count {
            mqtt.publish(TOPIC, QoS::AtLeastOnce, false, n.to_string())
                .await
                .unwrap();
        }
    });
    tokio::spawn(async move { relay.acknowledgements(count).await })
}

#[tokio::test]
async fn twenty_thousand_messages_arrive_in_order_and_none_is_dropped() {
    let broker = broker().await;
    let mut listener = device(&broker, "listener").await;
    listener.subscribe(TOPIC).await;
    let publisher = publish_numbers(&broker, 20_000).await;
    for n in 0..20_000 {
        assert_eq!(listener.message().await.1, n.to_string());
    }
    publisher.await.unwrap();
}

#[tokio::test]
async fn a_durable_subscriber_who_was_away_gets_what_it_missed_in_order() {
    let broker = broker().await;
    let mut listener = dial(&broker, "durable").durable().connect().await.unwrap();
    listener.subscribe(TOPIC).await;
    listener.crash().await;
    publish_numbers(&broker, 5_000).await.await.unwrap();
    let mut listener = dial(&broker, "durable").durable().connect().await.unwrap();
    assert!(listener.session_present);
    for n in 0..5_000 {
        assert_eq!(listener.message().await.1, n.to_string());
    }
}

#[tokio::test]
async fn a_durable_subscriber_of_mqtt_3_who_was_away_gets_what_it_missed() {
    let broker = broker().await;
    let args = [
        "-V",
        "mqttv311",
        "-i",
        "old",
        "-c",
        "-q",
        "1",
        "-t",
        "tracker/#",
    ];
    mosquitto("mosquitto_sub", &broker, &[&args[..], &["-E"]].concat()).await;
    let mut relay = relay_client(&broker).await;
    for n in 0..3 {
        relay.publish(TOPIC, n.to_string()).await;
    }
    let heard = mosquitto(
        "mosquitto_sub",
        &broker,
        &[&args[..], &["-C", "3", "-W", "5"]].concat(),
    )
    .await;
    assert_eq!(stdout(&heard), "0\n1\n2\n");
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_first_and_in_order() {
    let broker = broker().await;
    let mut silent = dial(&broker, "durable")
        .durable()
        .acknowledged_by_hand()
        .receive_maximum(10)
        .connect()
        .await
        .unwrap();
    silent.subscribe(TOPIC).await;
    let mut relay = relay_client(&broker).await;
    for n in 0..30 {
        relay.publish(TOPIC, n.to_string()).await;
    }
    for n in 0..10 {
        assert_eq!(silent.message().await.1, n.to_string());
    }
    silent.crash().await;
    let mut listener = dial(&broker, "durable").durable().connect().await.unwrap();
    for n in 0..30 {
        assert_eq!(listener.message().await.1, n.to_string());
    }
}

/// Connects again and again, after a crash and by take-over, while messages keep coming: each
/// arrives, and but for repetitions they arrive in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_who_keeps_crashing_under_load_misses_nothing() {
    const COUNT: usize = 20_000;
    let broker = broker().await;
    let dial_again = || dial(&broker, "durable").durable().acknowledged_by_hand();
    let mut listener = dial_again().connect().await.unwrap();
    listener.subscribe(TOPIC).await;
    let publisher = publish_numbers(&broker, COUNT).await;
    let (mut expected, mut lives) = (0, 0);
    while expected < COUNT {
        for _ in 0..331 {
            let n: usize = listener.message_acknowledged().await.parse().unwrap();
            assert!(n <= expected, "life {lives}: {n} came before {expected}");
            expected = expected.max(n + 1);
            if expected == COUNT {
                break;
            }
        }
        lives += 1;
        if lives % 2 == 0 {
            listener.crash().await;
        }
        listener = dial_again().connect().await.unwrap();
        assert!(listener.session_present);
    }
    publisher.await.unwrap();
    assert!(lives > 20, "only {lives} lives");
}

#[tokio::test]
async fn a_message_of_a_mebibyte_passes_and_a_larger_one_than_a_client_takes_is_left_out() {
    let broker = broker().await;
    let mut listener = device(&broker, "listener").await;
    listener.subscribe("#").await;
    let mut small = dial(&broker, "small")
        .max_packet_size(10_000)
        .connect()
        .await
        .unwrap();
    small.subscribe("#").await;
    let mut relay = relay_client(&broker).await;
    assert_eq!(
        relay.publish(TOPIC, vec![b'x'; 1 << 20]).await,
        PubAckReason::Success
    );
    relay.publish(TOPIC, "next").await;
    assert_eq!(listener.message().await.1.len(), 1 << 20);
    assert_eq!(listener.message().await.1, "next");
    assert_eq!(small.message().await.1, "next");
}

#[tokio::test]
async fn mosquittos_clients_hear_events_by_both_protocols() {
    let broker = broker().await;
    let mut relay = relay_client(&broker).await;
    relay.retain("tracker/state/summary", "{}").await;
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        let args = ["-V", version, "-C", "1", "-W", "5", "-v", "-t", "tracker/#"];
        let heard = mosquitto("mosquitto_sub", &broker, &args).await;
        assert_eq!(stdout(&heard), "tracker/state/summary {}\n", "{version}");
    }
}

#[tokio::test]
async fn a_client_of_mqtt_3_publishes_and_hears_and_cannot_forge() {
    use rumqttc::{Event, MqttOptions, Packet, QoS};
    let broker = broker().await;
    let mut options = MqttOptions::new("old", "127.0.0.1", broker.addr().port());
    options.set_credentials("device", "secret");
    let (mqtt, mut events) = rumqttc::AsyncClient::new(options, 10);
    mqtt.subscribe("#", QoS::AtLeastOnce).await.unwrap();
    for (topic, payload) in [
        (TOPIC, "forged"),
        ("lab/old", "1"),
        (TOPIC, "forged"),
        ("lab/old", "2"),
    ] {
        mqtt.publish(topic, QoS::AtLeastOnce, false, payload)
            .await
            .unwrap();
    }
    let mut heard = Vec::new();
    while heard.len() < 2 {
        if let Event::Incoming(Packet::Publish(message)) = events.poll().await.unwrap() {
            heard.push((message.topic, message.payload));
        }
    }
    assert_eq!(
        heard,
        [
            ("lab/old".into(), "1".into()),
            ("lab/old".into(), "2".into())
        ]
    );
}

#[tokio::test]
async fn members_of_a_shared_group_share_the_messages() {
    let broker = broker().await;
    let mut members = Vec::new();
    for n in 0..2 {
        let mut member = device(&broker, &format!("member-{n}")).await;
        member.subscribe("$share/g/tracker/#").await;
        members.push(member);
    }
    let mut relay = relay_client(&broker).await;
    for n in 0..10 {
        relay.publish(TOPIC, n.to_string()).await;
    }
    let mut heard = Vec::new();
    for member in &mut members {
        for _ in 0..5 {
            heard.push(member.message().await.1.parse::<usize>().unwrap());
        }
    }
    heard.sort();
    assert_eq!(heard, (0..10).collect::<Vec<_>>());
}

/// It takes a message in ten of those that its session may hold, and then none: it is put out, and its
/// session with it, and others hear all.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_for_whom_too_much_waits_is_put_out_and_comes_back_to_an_empty_session() {
    const COUNT: usize = 101_000;
    let broker = broker().await;
    let slow = || {
        dial(&broker, "slow")
            .durable()
            .acknowledged_by_hand()
            .receive_maximum(10)
    };
    let mut stuck = slow().connect().await.unwrap();
    stuck.subscribe(TOPIC).await;
    let mut away = dial(&broker, "away").durable().connect().await.unwrap();
    away.subscribe(TOPIC).await;
    away.crash().await;
    let mut listener = device(&broker, "listener").await;
    listener.subscribe(TOPIC).await;
    let publisher = publish_numbers(&broker, COUNT).await;
    for n in 0..COUNT {
        assert_eq!(listener.message().await.1, n.to_string());
    }
    publisher.await.unwrap();
    assert!(stuck.is_disconnected().await);
    for again in [slow(), dial(&broker, "away").durable()] {
        let mut again = again.connect().await.unwrap();
        assert!(!again.session_present, "a session with a hole was kept");
        again.subscribe(TOPIC).await;
        relay_client(&broker).await.publish(TOPIC, "next").await;
        assert_eq!(again.message().await.1, "next");
    }
}
