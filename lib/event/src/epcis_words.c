/* SPDX-License-Identifier: Apache-2.0 */
#include "epcis_internal.h"

#include "base/banned.h"

/* CBV 2.0 as in epcis.md 6; each list in bytewise order. */
static const char *const biz_step[] = {
	"accepting",
	"arriving",
	"assembling",
	"collecting",
	"commissioning",
	"consigning",
	"creating_class_instance",
	"cycle_counting",
	"decommissioning",
	"departing",
	"destroying",
	"disassembling",
	"dispensing",
	"encoding",
	"entering_exiting",
	"holding",
	"inspecting",
	"installing",
	"killing",
	"loading",
	"other",
	"packing",
	"picking",
	"receiving",
	"removing",
	"repackaging",
	"repairing",
	"replacing",
	"reserving",
	"retail_selling",
	"sampling",
	"sensor_reporting",
	"shipping",
	"staging_outbound",
	"stock_taking",
	"stocking",
	"storing",
	"transporting",
	"unloading",
	"unpacking",
	"void_shipping",
};

static const char *const disposition[] = {
	"active",
	"available",
	"completeness_inferred",
	"completeness_verified",
	"conformant",
	"container_closed",
	"container_open",
	"damaged",
	"destroyed",
	"dispensed",
	"disposed",
	"encoded",
	"expired",
	"in_progress",
	"in_transit",
	"inactive",
	"mismatch_class",
	"mismatch_instance",
	"mismatch_quantity",
	"needs_replacement",
	"no_pedigree_match",
	"non_conformant",
	"non_sellable_other",
	"partially_dispensed",
	"recalled",
	"reserved",
	"retail_sold",
	"returned",
	"sellable_accessible",
	"sellable_not_accessible",
	"stolen",
	"unavailable",
	"unknown",
};

static const char *const biz_transaction[] = {
	"bol",
	"cert",
	"desadv",
	"inv",
	"pedigree",
	"po",
	"poc",
	"prodorder",
	"recadv",
	"rma",
	"testprd",
	"testres",
	"upevt",
};

static const char *const source[] = {
	"location",
	"owning_party",
	"possessing_party",
};

static const char *const reason[] = {
	"did_not_occur",
	"incorrect_data",
};

static const char *const exception[] = {
	"ALARM_CONDITION",
	"ERROR_CONDITION",
};

static const char *const component[] = {
	"altitude",
	"axial_distance",
	"azimuth",
	"easting",
	"elevation_angle",
	"height",
	"latitude",
	"longitude",
	"northing",
	"polar_angle",
	"spherical_radius",
	"x",
	"y",
	"z",
};

static const char *const sensor[] = {
	"AbsoluteHumidity",
	"AbsorbedDose",
	"AbsorbedDoseRate",
	"Acceleration",
	"Altitude",
	"AmountOfSubstance",
	"AmountOfSubstancePerUnitVolume",
	"Angle",
	"AngularAcceleration",
	"AngularMomentum",
	"AngularVelocity",
	"Area",
	"Capacitance",
	"Conductance",
	"Conductivity",
	"Count",
	"Density",
	"Dimensionless",
	"DoseEquivalent",
	"DoseEquivalentRate",
	"DynamicViscosity",
	"ElectricCharge",
	"ElectricCurrent",
	"ElectricCurrentDensity",
	"ElectricFieldStrength",
	"Energy",
	"Exposure",
	"Force",
	"Frequency",
	"Illuminance",
	"Inductance",
	"Irradiance",
	"KinematicViscosity",
	"Length",
	"LinearMomentum",
	"Luminance",
	"LuminousFlux",
	"LuminousIntensity",
	"MagneticFlux",
	"MagneticFluxDensity",
	"MagneticVectorPotential",
	"Mass",
	"MassConcentration",
	"MassFlowRate",
	"MassPerAreaTime",
	"MemoryCapacity",
	"MolalityOfSolute",
	"MolarEnergy",
	"MolarMass",
	"MolarVolume",
	"Power",
	"Pressure",
	"RadiantFlux",
	"RadiantIntensity",
	"Radioactivity",
	"RelativeHumidity",
	"Resistance",
	"Resistivity",
	"SolidAngle",
	"SpecificVolume",
	"Speed",
	"SurfaceDensity",
	"SurfaceTension",
	"Temperature",
	"Time",
	"Torque",
	"Voltage",
	"Volume",
	"VolumeFlowRate",
	"VolumeFraction",
	"VolumetricFlux",
	"Wavenumber",
};

struct list {
	const char *const *words;
	size_t count;
};

#define LIST(words)                                                            \
	{                                                                      \
		words, sizeof(words) / sizeof((words)[0])                      \
	}
static const struct list lists[] = {
	[EPCIS_BIZ_STEP] = LIST(biz_step),
	[EPCIS_DISPOSITION] = LIST(disposition),
	[EPCIS_BIZ_TRANSACTION] = LIST(biz_transaction),
	[EPCIS_SOURCE] = LIST(source),
	[EPCIS_REASON] = LIST(reason),
	[EPCIS_EXCEPTION] = LIST(exception),
	[EPCIS_COMPONENT] = LIST(component),
	[EPCIS_SENSOR] = LIST(sensor),
};

bool
epcis_word(enum epcis_list list, struct span word)
{
	size_t low = 0, high = lists[list].count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = span_compare(word, span_str(lists[list].words[mid]));

		if (c == 0)
			return true;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

const char *
epcis_word_at(enum epcis_list list, size_t i)
{
	return i < lists[list].count ? lists[list].words[i] : NULL;
}

#define WORD_MAX 40

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein distance; the word of a list has at most WORD_MAX letters. */
static size_t
distance(struct span got, struct span word)
{
	size_t row[WORD_MAX + 1];

	for (size_t j = 0; j <= word.n; j++)
		row[j] = j;
	for (size_t i = 0; i < got.n; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < word.n; j++) {
			size_t cost = got.p[i] == word.p[j] ? 0 : 1;
			size_t best = smaller(
			    corner + cost, smaller(row[j], row[j + 1]) + 1);

			corner = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[word.n];
}

const char *
epcis_nearest(enum epcis_list list, struct span word)
{
	const char *best = lists[list].words[0];
	size_t least = SIZE_MAX;

	if (word.n > WORD_MAX)
		word.n = WORD_MAX;
	for (size_t i = 0; i < lists[list].count; i++) {
		size_t far = distance(word, span_str(lists[list].words[i]));

		if (far < least) {
			least = far;
			best = lists[list].words[i];
		}
	}
	return best;
}

struct span
epcis_bare(struct span text, const char *kind)
{
	static const char *const homes[] = { "https://ref.gs1.org/cbv/",
		"https://ns.gs1.org/cbv/", "cbv:" };

	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		struct span rest;

		if (!span_starts(text, homes[i]))
			continue;
		rest = span_skip(text, strlen(homes[i]));
		if (span_starts(rest, kind))
			return span_skip(rest, strlen(kind));
	}
	return text;
}
