package io.millrace.launcher;

import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.Bundle;

/** What runs where, for people. */
final class Overview {

    private Overview() {
    }

    /** @param places by what is to be found there, in their order */
    static String of(Bundle[] bundles, Map<String, String> places) {
        Map<String, Bundle> byName = new TreeMap<>();
        for (Bundle bundle : bundles) {
            if (bundle.getSymbolicName().startsWith("io.millrace.") || bundle.getHeaders("").get("Millrace-Plugin") != null) {
                byName.put(bundle.getSymbolicName() + " " + bundle.getVersion(), bundle);
            }
        }
        StringBuilder text = new StringBuilder();
        byName.values().forEach(bundle -> text.append(String.format("  %-28s %-32s %s%n", bundle.getSymbolicName(), bundle.getVersion(), state(bundle))));
        places.forEach((name, place) -> text.append(String.format("  %-28s %s%n", name, place)));
        return text.toString().stripTrailing();
    }

    private static String state(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.ACTIVE -> "active";
            case Bundle.STARTING -> "starting";
            case Bundle.RESOLVED -> "resolved";
            default -> "not resolved";
        };
    }
}
