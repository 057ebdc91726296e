package io.millrace.connect.herder;

/** States of connectors and tasks, by Kafka Connect's names. */
public enum RunState { UNASSIGNED, RUNNING, PAUSED, STOPPED, FAILED, RESTARTING }
