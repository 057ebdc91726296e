package io.millrace.kernel.plugin;

import io.millrace.kernel.archive.WrapImports;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/** What the running platform offers to wrapped plugins, read from its bundles. */
final class SharedPackages {

    private static final List<String> JDK = List.of("javax.", "org.w3c.", "org.xml.", "org.ietf.", "sun.", "com.sun.", "jdk.");

    private SharedPackages() {}

    static WrapImports of(BundleContext context, Bundle kafka) {
        Map<String, String> kafkaPackages = kafka == null ? Map.of() : exports(kafka, "");
        Map<String, String> jackson = new TreeMap<>();
        Map<String, String> streams = new TreeMap<>();
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getLocation().startsWith(BundleStage.LOCATION) || bundle.getSymbolicName() == null) {
                continue;
            }
            if (bundle.getSymbolicName().startsWith("com.fasterxml.jackson")) {
                jackson.putAll(exports(bundle, "com.fasterxml.jackson."));
            } else if (bundle.getSymbolicName().equals(WrapImports.STREAMS)) {
                streams.putAll(exports(bundle, WrapImports.STREAMS));
            }
        }
        Set<String> logging = new TreeSet<>();
        Set<String> jdk = new TreeSet<>();
        for (String name : exports(context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION), "").keySet()) {
            if (name.startsWith("org.slf4j")) {
                logging.add(name);
            } else if (JDK.stream().anyMatch(name::startsWith)) {
                jdk.add(name);
            }
        }
        return new WrapImports(kafkaPackages, logging, jackson, streams, jdk);
    }

    private static Map<String, String> exports(Bundle bundle, String prefix) {
        Map<String, String> exports = new TreeMap<>();
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        for (BundleCapability capability : revision.getDeclaredCapabilities(PackageNamespace.PACKAGE_NAMESPACE)) {
            String name = (String) capability.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE);
            if (name.startsWith(prefix)) {
                Version version = (Version) capability.getAttributes().get("version");
                exports.put(name, "[" + version.getMajor() + "." + version.getMinor() + "," + (version.getMajor() + 1) + ")");
            }
        }
        return exports;
    }
}
