package io.millrace.kernel.plugin;

/**
 * A plugin that is to run on this node.
 *
 * @param file        name of the bundle in the store, after its content's SHA-256
 * @param size        of that file
 * @param source      SHA-256 of the file as it was handed in, before wrapping
 * @param sourceStamp size and time of that file, for a shipped one: equal stamps spare the reading
 * @param origin      who put it here
 */
record StoredPlugin(String name, String version, String file, long size, String source, String sourceStamp, Origin origin) {

    /** A shipped plugin follows the distribution; one of an operator stays until the operator changes it. */
    enum Origin { SHIPPED, OPERATOR }
}
