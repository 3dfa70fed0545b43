//! Who is let in, who may publish what, and who hears what.

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, PubAckReason, SubscribeReasonCode};

use crate::support::*;

const GRANTED: SubscribeReasonCode = SubscribeReasonCode::Success(QoS::AtLeastOnce);
const REFUSED: SubscribeReasonCode = SubscribeReasonCode::NotAuthorized;

#[tokio::test]
async fn a_wrong_password_or_an_unknown_name_is_refused_at_connect() {
    let broker = broker().await;
    for (name, password) in [
        ("admin", "wrong"),
        ("nobody", "secret"),
        ("relay", "secret"),
        ("admin", ""),
    ] {
        let code = dial(&broker, "c").login(name, password).refusal().await;
        assert_eq!(code, ConnectReturnCode::BadUserNamePassword, "{name}");
    }
    let old = mosquitto(
        "mosquitto_pub",
        &broker,
        &[
            "-V", "mqttv311", "-u", "admin", "-P", "x", "-t", "a", "-m", "b",
        ],
    );
    assert!(!old.await.status.success());
}

#[tokio::test]
async fn a_client_without_user_name_is_refused_by_both_protocols() {
    let broker = broker().await;
    let code = nameless(&broker, "c").refusal().await;
    assert_eq!(code, ConnectReturnCode::BadUserNamePassword);
    let code = nameless(&broker, "c").login("", "").refusal().await;
    assert_eq!(code, ConnectReturnCode::BadUserNamePassword);
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        let args = ["-V", version, "-u", "", "-W", "3", "-t", "tracker/#"];
        let refused = mosquitto("mosquitto_sub", &broker, &args).await;
        assert!(!refused.status.success(), "{version}: {refused:?}");
        assert!(
            !String::from_utf8_lossy(&refused.stderr).contains("Timed out"),
            "{version}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_device_hears_and_says_what_its_filters_say_and_no_more() {
    let broker = broker().await;
    let login = |id, name| dial(&broker, id).login(name, "secret").connect();
    let mut lamp = login("lamp", "lamp").await.unwrap();
    for (filter, answer) in [
        ("#", GRANTED),
        ("home/lamp/set", GRANTED),
        ("$share/g/tracker/events/#", GRANTED),
        ("home/door/#", REFUSED),
        ("tracker/events/project/#", REFUSED),
        ("tracker/events/auth/#", REFUSED),
    ] {
        assert_eq!(lamp.subscribe(filter).await, answer, "{filter}");
    }
    drop(lamp);
    let mut lamp = login("lamp-2", "lamp").await.unwrap();
    lamp.subscribe("tracker/#").await;
    let mut guard = login("guard", "guard").await.unwrap();
    assert_eq!(guard.subscribe("tracker/#").await, GRANTED);
    let mut listener = device(&broker, "listener").await;
    listener.subscribe("#").await;
    for (topic, answer) in [
        ("home/door/set", PubAckReason::NotAuthorized),
        ("tracker/events/task/created", PubAckReason::NotAuthorized),
        ("tracker", PubAckReason::NotAuthorized),
        ("home/lamp/state", PubAckReason::Success),
    ] {
        assert_eq!(lamp.publish(topic, "lamp").await, answer, "{topic}");
    }
    assert_eq!(
        guard.publish("lab/x", "guard").await,
        PubAckReason::NotAuthorized
    );
    assert_eq!(
        listener.message().await,
        ("home/lamp/state".into(), "lamp".into())
    );
    let mut relay = relay_client(&broker).await;
    for topic in [
        "project/created",
        "auth/logged_in",
        "user/created",
        "task/created",
    ] {
        relay
            .publish(&format!("tracker/events/{topic}"), topic)
            .await;
    }
    assert_eq!(lamp.message().await.1, "task/created");
    assert_eq!(guard.message().await.1, "auth/logged_in");
    let will = dial(&broker, "will")
        .login("lamp", "secret")
        .last_will("home/door/state");
    assert_eq!(will.refusal().await, ConnectReturnCode::NotAuthorized);
}

#[tokio::test]
async fn only_the_relay_may_use_its_client_id_and_nobody_evicts_it() {
    let broker = broker().await;
    let mut relay = relay_client(&broker).await;
    for id in [RELAY, "taylordash-relay", "taylordash-relay-other"] {
        assert_eq!(
            dial(&broker, id).refusal().await,
            ConnectReturnCode::NotAuthorized
        );
        let admin = dial(&broker, id).login("admin", "secret");
        assert_eq!(admin.refusal().await, ConnectReturnCode::NotAuthorized);
    }
    assert_eq!(
        relay.publish("tracker/events/project/created", "{}").await,
        PubAckReason::Success
    );
}

#[tokio::test]
async fn the_relay_with_the_same_client_id_evicts_the_one_before() {
    let broker = broker().await;
    let mut first = relay_client(&broker).await;
    let mut second = relay_client(&broker).await;
    assert!(first.is_disconnected().await);
    second.publish("tracker/events/project/created", "{}").await;
}

#[tokio::test]
async fn nobody_but_the_relay_publishes_below_tracker() {
    let broker = broker().await;
    let mut listener = device(&broker, "listener").await;
    assert_eq!(listener.subscribe("#").await, GRANTED);
    let mut stranger = device(&broker, "stranger").await;
    let mut admin = dial(&broker, "admin")
        .login("admin", "secret")
        .connect()
        .await
        .unwrap();
    for topic in [
        "tracker/events/project/created",
        "tracker/state/x",
        "tracker",
    ] {
        assert_eq!(
            stranger.publish(topic, "forged").await,
            PubAckReason::NotAuthorized
        );
        assert_eq!(
            admin.publish(topic, "forged").await,
            PubAckReason::NotAuthorized
        );
        assert_eq!(
            stranger.retain(topic, "forged").await,
            PubAckReason::NotAuthorized
        );
        for qos in ["0", "1", "2"] {
            let args = ["-V", "mqttv311", "-q", qos, "-t", topic, "-m", "forged"];
            mosquitto("mosquitto_pub", &broker, &args).await;
        }
    }
    relay_client(&broker)
        .await
        .publish("tracker/events/project/created", "true")
        .await;
    assert_eq!(
        listener.message().await,
        ("tracker/events/project/created".into(), "true".into())
    );
}

#[tokio::test]
async fn a_last_will_below_tracker_is_refused_at_connect() {
    let broker = broker().await;
    for topic in ["tracker/events/project/deleted", "tracker/status"] {
        assert_eq!(
            dial(&broker, "w").last_will(topic).refusal().await,
            ConnectReturnCode::NotAuthorized
        );
    }
    let mut listener = device(&broker, "listener").await;
    listener.subscribe("lab/#").await;
    dial(&broker, "w")
        .last_will("lab/w")
        .connect()
        .await
        .unwrap()
        .crash()
        .await;
    assert_eq!(listener.message().await, ("lab/w".into(), "gone".into()));
}

#[tokio::test]
async fn a_direct_subscription_to_events_about_people_needs_an_admin_account() {
    let broker = broker().await;
    let mut stranger = device(&broker, "stranger").await;
    let mut viewer = dial(&broker, "viewer")
        .login("viewer", "secret")
        .connect()
        .await
        .unwrap();
    let mut admin = dial(&broker, "admin")
        .login("admin", "secret")
        .connect()
        .await
        .unwrap();
    for filter in [
        "tracker/events/user/#",
        "tracker/events/user/created",
        "tracker/events/auth/+",
        "$share/g/tracker/events/auth/#",
    ] {
        assert_eq!(stranger.subscribe(filter).await, REFUSED, "{filter}");
        assert_eq!(viewer.subscribe(filter).await, REFUSED, "{filter}");
        assert_eq!(admin.subscribe(filter).await, GRANTED, "{filter}");
    }
    let args = ["-V", "mqttv311", "-W", "3", "-t", "tracker/events/user/#"];
    let old = mosquitto("mosquitto_sub", &broker, &args).await;
    assert!(
        String::from_utf8_lossy(&old.stderr).contains("denied"),
        "{old:?}"
    );
}

#[tokio::test]
async fn a_wildcard_is_granted_to_strangers_and_leaves_out_events_about_people() {
    let broker = broker().await;
    let mut relay = relay_client(&broker).await;
    for (n, filter) in [
        "#",
        "tracker/#",
        "tracker/events/#",
        "+/events/+/+",
        "tracker/events/+/created",
        "$share/g/tracker/events/#",
    ]
    .into_iter()
    .enumerate()
    {
        let mut stranger = device(&broker, &format!("stranger-{n}")).await;
        assert_eq!(stranger.subscribe(filter).await, GRANTED, "{filter}");
        for topic in ["tracker/events/user/created", "tracker/events/auth/created"] {
            relay.publish(topic, "private").await;
        }
        relay
            .publish("tracker/events/project/created", "public")
            .await;
        assert_eq!(
            stranger.message().await.0,
            "tracker/events/project/created",
            "{filter}"
        );
    }
}

#[tokio::test]
async fn an_admin_account_hears_everything_and_a_viewer_account_does_not() {
    let broker = broker().await;
    let mut viewer = dial(&broker, "viewer")
        .login("viewer", "secret")
        .connect()
        .await
        .unwrap();
    viewer.subscribe("tracker/events/#").await;
    let mut admin = dial(&broker, "admin")
        .login("admin", "secret")
        .connect()
        .await
        .unwrap();
    admin.subscribe("#").await;
    let mut relay = relay_client(&broker).await;
    relay
        .publish("tracker/events/user/created", "private")
        .await;
    relay.publish("tracker/events/task/created", "public").await;
    assert_eq!(admin.message().await.0, "tracker/events/user/created");
    assert_eq!(admin.message().await.0, "tracker/events/task/created");
    assert_eq!(viewer.message().await.0, "tracker/events/task/created");
}

#[tokio::test]
async fn a_client_is_put_out_with_its_session_when_its_login_is_no_longer_good() {
    let people = People::default();
    let broker = broker_of("127.0.0.1:0".parse().unwrap(), people.clone()).await;
    let login = |client, name| dial(&broker, client).login(name, "secret").durable();
    let mut viewer = login("viewer", "viewer").connect().await.unwrap();
    viewer.subscribe("lab/#").await;
    let mut away = login("away", "viewer").connect().await.unwrap();
    away.subscribe("lab/#").await;
    away.crash().await;
    let mut admin = login("admin", "admin").connect().await.unwrap();
    admin.subscribe("lab/#").await;

    let told = broker.accounts_changed();
    told.send(Some("viewer".to_owned())).unwrap();
    device(&broker, "a").await.publish("lab/x", "1").await;
    assert_eq!(viewer.message().await.1, "1", "nothing has changed");

    people.0.lock().unwrap().push("viewer");
    told.send(Some("admin".to_owned())).unwrap();
    told.send(Some("viewer".to_owned())).unwrap();
    assert!(viewer.is_disconnected().await);
    device(&broker, "b").await.publish("lab/x", "2").await;
    while admin.message().await.1 != "2" {}
    people.0.lock().unwrap().clear();
    for client in ["viewer", "away"] {
        let again = login(client, "viewer").connect().await.unwrap();
        assert!(!again.session_present, "{client} left a session");
    }
}

#[tokio::test]
async fn a_retained_event_about_people_stays_hidden_too() {
    let broker = broker().await;
    let mut relay = relay_client(&broker).await;
    relay.retain("tracker/events/user/created", "private").await;
    relay.retain("tracker/state/summary", "public").await;
    let mut stranger = device(&broker, "stranger").await;
    stranger.subscribe("#").await;
    assert_eq!(
        stranger.message().await,
        ("tracker/state/summary".into(), "public".into())
    );
    relay.publish("tracker/events/task/created", "next").await;
    assert_eq!(stranger.message().await.1, "next");
}

#[tokio::test]
async fn a_member_who_may_not_read_an_event_does_not_swallow_it_for_its_shared_group() {
    let broker = broker().await;
    let mut stranger = device(&broker, "stranger").await;
    stranger.subscribe("$share/g/tracker/events/#").await;
    let mut admin = dial(&broker, "admin")
        .login("admin", "secret")
        .connect()
        .await
        .unwrap();
    admin.subscribe("$share/g/tracker/events/#").await;
    let mut relay = relay_client(&broker).await;
    for n in 0..10 {
        relay
            .publish("tracker/events/auth/login_failed", n.to_string())
            .await;
    }
    for n in 0..10 {
        assert_eq!(admin.message().await.1, n.to_string());
    }
}

#[tokio::test]
async fn a_stranger_cannot_take_over_the_session_of_an_account() {
    let broker = broker().await;
    let mut admin = dial(&broker, "wall")
        .login("admin", "secret")
        .durable()
        .connect()
        .await
        .unwrap();
    admin.subscribe("tracker/events/#").await;
    admin.crash().await;
    relay_client(&broker)
        .await
        .publish("tracker/events/user/created", "private")
        .await;
    assert_eq!(
        dial(&broker, "wall").durable().refusal().await,
        ConnectReturnCode::NotAuthorized
    );
    let viewer = dial(&broker, "wall").login("viewer", "secret").durable();
    assert_eq!(viewer.refusal().await, ConnectReturnCode::NotAuthorized);
    let mut admin = dial(&broker, "wall")
        .login("admin", "secret")
        .durable()
        .connect()
        .await
        .unwrap();
    assert_eq!(admin.message().await.1, "private");
}

#[tokio::test]
async fn the_rest_of_the_topics_is_everybodys() {
    let broker = broker().await;
    let mut lamp = device(&broker, "lamp").await;
    assert_eq!(lamp.subscribe("home/+/set").await, GRANTED);
    let mut hub = device(&broker, "hub").await;
    hub.retain("home/lamp/state", "on").await;
    hub.publish("home/lamp/set", "off").await;
    assert_eq!(lamp.message().await, ("home/lamp/set".into(), "off".into()));
    lamp.subscribe("home/lamp/state").await;
    assert_eq!(
        lamp.message().await,
        ("home/lamp/state".into(), "on".into())
    );
    hub.retain("home/lamp/state", "").await;
    let mut late = device(&broker, "late").await;
    late.subscribe("home/#").await;
    hub.publish("home/lamp/set", "on").await;
    assert_eq!(late.message().await.0, "home/lamp/set");
}
