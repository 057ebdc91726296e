package io.millrace.connect.store;

/** What a user wants a connector to be. */
public enum TargetState { STARTED, PAUSED, STOPPED }
