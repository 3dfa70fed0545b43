//! MQTT: the embedded broker. Only this folder names the MQTT libraries.

pub mod broker;
