package io.millrace.kernel.plugin;

/**
 * One version of a plugin in the store.
 *
 * @param file        name of the bundle in the store, after its content's SHA-256
 * @param size        of that file
 * @param source      SHA-256 of the file as it was handed in, before wrapping
 * @param sourceStamp size and time of that file, for a shipped one: equal stamps spare the reading
 * @param origin      who put it here
 * @param signature   what came with the file, or empty
 */
record StoredPlugin(String name, String version, String file, long size, String source, String sourceStamp, Origin origin, String signature) {

    /** A shipped plugin follows the distribution; one of an operator or the deploy folder stays until they change it. */
    enum Origin { SHIPPED, OPERATOR }

    StoredPlugin {
        // Lists written before there were signatures.
        signature = signature == null ? "" : signature;
    }

    StoredPlugin(String name, String version, String file, long size, String source, String sourceStamp, Origin origin) {
        this(name, version, file, size, source, sourceStamp, origin, "");
    }
}
