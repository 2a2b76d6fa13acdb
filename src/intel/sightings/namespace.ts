/** Namespace of Tripline's sightings: made once at random, never to be changed, or a sighting would be told twice. */
export const SIGHTING_NAMESPACE = 'd67399a7-8499-4b4c-b69d-4c497f77a40d'
