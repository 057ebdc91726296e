package io.millrace.launcher;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;

/** Why bundles do not resolve, in plain words. */
final class MissingRequirements {

    private static final Pattern PACKAGE = Pattern.compile("osgi\\.wiring\\.package=([^)]+)\\)");
    private static final Pattern FROM = Pattern.compile("\\(version>=([^)]+)\\)");
    private static final Pattern BELOW = Pattern.compile("!\\(version>=([^)]+)\\)");

    private MissingRequirements() {}

    /** @return one sentence for each requirement that no installed bundle meets; never empty */
    static List<String> of(Collection<Bundle> installed) {
        List<BundleCapability> offered = new ArrayList<>();
        for (Bundle bundle : installed) {
            BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (revision != null) {
                offered.addAll(revision.getDeclaredCapabilities(null));
            }
        }
        List<String> missing = new ArrayList<>();
        for (Bundle bundle : installed) {
            if (bundle.getState() == Bundle.INSTALLED) {
                for (BundleRequirement requirement : bundle.adapt(BundleRevision.class).getDeclaredRequirements(null)) {
                    if (!"optional".equals(requirement.getDirectives().get("resolution")) && !"dynamic".equals(requirement.getDirectives().get("resolution"))
                            && offered.stream().noneMatch(requirement::matches)) {
                        missing.add(sentence(bundle, requirement));
                    }
                }
            }
        }
        return missing.isEmpty() ? List.of(conflict(installed)) : missing;
    }

    private static String sentence(Bundle bundle, BundleRequirement requirement) {
        String filter = requirement.getDirectives().getOrDefault("filter", "");
        if (requirement.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE)) {
            return bundle.getSymbolicName() + " needs package " + first(PACKAGE, filter)
                    + (filter.contains("version>=") ? " from version " + first(FROM, filter) + (first(BELOW, filter).isEmpty() ? "" : " to below " + first(BELOW, filter)) : "")
                    + ", which no bundle exports";
        }
        return bundle.getSymbolicName() + " needs " + requirement.getNamespace() + " " + filter + ", which nothing provides";
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }

    /** Each requirement is met by somebody, but not all together; only the resolver can say why. */
    private static String conflict(Collection<Bundle> installed) {
        for (Bundle bundle : installed) {
            if (bundle.getState() == Bundle.INSTALLED) {
                try {
                    bundle.start(Bundle.START_TRANSIENT);
                } catch (BundleException conflict) {
                    return bundle.getSymbolicName() + " does not resolve: " + conflict.getMessage();
                }
            }
        }
        return "bundles did not resolve at first, but do now; start again";
    }
}
